using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// Collects what is logged at Warning or above. A test ends with <see cref="AssertOnly"/>: whatever it did not name is a
/// failure, so that a swallowed error cannot hide behind a green test.
/// </summary>
/// <param name="always">The events that every run of this kind may have.</param>
internal sealed class UnexpectedLogs(params int[] always) : ILoggerProvider
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    public IReadOnlyCollection<Entry> Entries => _entries;

    /// <param name="eventIds">The events that this test provokes; none if the run must be quiet.</param>
    public void AssertOnly(params int[] eventIds)
    {
        var unexpected = _entries.Where(entry => !eventIds.Contains(entry.EventId.Id) && !always.Contains(entry.EventId.Id)).ToArray();
        Assert.True(unexpected.Length == 0, $"Logged without being expected:\n{string.Join('\n', unexpected.AsEnumerable())}");
    }

    public ILogger CreateLogger(string categoryName) => new Collector(categoryName, _entries);

    public void Dispose()
    {
        // Hosts dispose their providers; the entries stay for the assertion after that.
    }

    internal sealed record Entry(LogLevel Level, string Category, EventId EventId, string Message, Exception? Exception)
    {
        public override string ToString() => $"{Level} {Category} [{EventId.Id} {EventId.Name}] {Message} {Exception}";
    }

    private sealed class Collector(string category, ConcurrentQueue<Entry> entries) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and not LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                entries.Enqueue(new Entry(logLevel, category, eventId, formatter(state, exception), exception));
        }
    }
}
