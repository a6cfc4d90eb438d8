using Aspire.Dashboard.Resources;

namespace PubSub.Tests.Dashboard;

public sealed class ConsoleLinesTellTheirLevel
{
    [Theory]
    [InlineData("2026-11-21T10:00:00.123Z info  Publisher accepted", "info")]
    [InlineData("2026-11-21T10:00:00.123Z warn  Outbox is full", "warn")]
    [InlineData("2026-11-21T10:00:00.123Z error NodeLink gone", "error")]
    [InlineData("2026-11-21T10:00:00.123Z fatal Program stops", "fatal")]
    [InlineData("fail: Microsoft.Hosting[1]", "error")]
    [InlineData("dbug: Grpc[3]", "debug")]
    [InlineData("[10:00:00 WRN] slow", "warn")]
    [InlineData("""{"level":"warn","ts":"2026","msg":"slow fdatasync"}""", "warn")]
    [InlineData("""{"Timestamp":"2026","LogLevel":"Information","Message":"an error was repaired"}""", "info")]
    [InlineData("12:M 21 Nov 2026 10:00:00.120 # Server initialized", "warn")]
    [InlineData("12:M 21 Nov 2026 10:00:00.120 * Ready to accept connections", "info")]
    [InlineData("2026-11-21 10:00:00.201120 E | etcdserver: no leader", "error")]
    [InlineData("Now listening on: http://localhost:8090", null)]
    [InlineData("the words before it are many and so this error counts not", null)]
    [InlineData("errors were not found", null)]
    public void The_level_is_read_from_the_start_of_a_line(string line, string? level) => Assert.Equal(level, ConsoleText.LevelOf(line));

    [Theory]
    [InlineData("\u001b[32minfo\u001b[0m: ready", "info: ready")]
    [InlineData("\u001b]0;a title\u0007text", "text")]
    [InlineData("a\0b", "a\ufffdb")]
    [InlineData("tab\tstays", "tab\tstays")]
    [InlineData("<b>not</b> ours to judge", "<b>not</b> ours to judge")]
    public void What_only_a_terminal_understands_is_left_out(string line, string clean) => Assert.Equal(clean, ConsoleText.Clean(line));
}
