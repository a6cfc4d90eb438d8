namespace Grpc.Core;

/// <summary>How a call ended: a code, a text for people, and on the client what caused it locally.</summary>
[System.Diagnostics.DebuggerDisplay("{ToString(),nq}")]
public struct Status
{
    /// <summary>OK without a text.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>Cancelled without a text.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, null)
    {
    }

    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        Detail = detail;
        DebugException = debugException;
    }

    public StatusCode StatusCode { get; }

    public string Detail { get; }

    /// <summary>The local cause, for logs; it never travels over the wire.</summary>
    public Exception? DebugException { get; }

    public override string ToString()
    {
        var cause = DebugException is { } e ? $", DebugException=\"{e.GetType()}: {e.Message}\"" : "";
        return $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\"{cause})";
    }
}
