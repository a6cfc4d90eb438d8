namespace PubSub.Client;

/// <summary>A node refused a request, or the connection.</summary>
public sealed class PubSubException : Exception
{
    public PubSubException()
    {
    }

    public PubSubException(string message)
        : base(message)
    {
    }

    public PubSubException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal PubSubException(int code, string message, bool isTemporary, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        IsTemporary = isTemporary;
    }

    /// <summary>An error code, close code or HTTP status; 0 where there is none. SPEC.md sections 8 and 9.</summary>
    public int Code { get; }

    /// <summary>The same request may succeed later.</summary>
    public bool IsTemporary { get; }
}
