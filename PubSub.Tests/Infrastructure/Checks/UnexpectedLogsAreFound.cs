using Microsoft.Extensions.Logging;
using Xunit.Sdk;

namespace PubSub.Tests.Infrastructure.Checks;

public sealed class UnexpectedLogsAreFound : IDisposable
{
    private readonly UnexpectedLogs _logs = new();

    [Fact]
    public void A_warning_that_nobody_named_fails_with_its_text()
    {
        Log(LogLevel.Warning, 7, "lost the way");

        var failure = Assert.ThrowsAny<XunitException>(() => _logs.AssertOnly(8));
        Assert.Contains("lost the way", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_warning_that_was_named_and_information_are_fine()
    {
        Log(LogLevel.Warning, 7, "lost the way");
        Log(LogLevel.Information, 9, "found the way");

        _logs.AssertOnly(7);
    }

    public void Dispose() => _logs.Dispose();

    private void Log(LogLevel level, int id, string text) => _logs.CreateLogger("tests").Log(level, new EventId(id), "{Text}", text);
}
