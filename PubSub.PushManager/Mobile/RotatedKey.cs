namespace PubSub.PushManager.Mobile;

/// <summary>
/// A key of ours that its file may replace while we run: whoever rotates keys needs no restart. The file is read again now
/// and then when the key is wanted, and at once where a service refuses what it signed. One that cannot be used leaves the
/// former in place: it may be half written.
/// </summary>
/// <param name="setting">What names the file.</param>
/// <param name="isFile">False: it is the text of a setting, which stays.</param>
/// <param name="load">Reads it; throws <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or <see cref="FormatException"/>.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of each change, and once of what is wrong.</param>
internal sealed partial class RotatedKey<T>(string setting, bool isFile, Func<T> load, TimeProvider time, ILogger logger)
    where T : class, IEquatable<T>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private T _current = load();
    private long _lookedAt = time.GetTimestamp();
    private string _complaint = "";

    public T Current
    {
        get
        {
            lock (_lock)
            {
                if (isFile && time.GetElapsedTime(_lookedAt) >= Interval)
                    LookLocked();
                return _current;
            }
        }
    }

    /// <returns>Whether there is another than the one that was refused.</returns>
    public bool IsReplaced(T refused)
    {
        lock (_lock)
        {
            if (isFile && _current.Equals(refused))
                LookLocked();
            return !_current.Equals(refused);
        }
    }

    private void LookLocked()
    {
        _lookedAt = time.GetTimestamp();
        try
        {
            var found = load();
            _complaint = "";
            if (found.Equals(_current))
                return;
            _current = found;
            LogReplaced(logger, setting);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or FormatException)
        {
            if (_complaint == wrong.Message)
                return;
            _complaint = wrong.Message;
            LogUnusable(logger, setting, wrong.Message);
        }
    }
}
