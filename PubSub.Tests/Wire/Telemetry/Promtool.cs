using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Telemetry;

/// <summary>Prometheus's own reader and critic of the text format.</summary>
internal static class Promtool
{
    /// <summary>Fails with promtool's words unless it can read the page and has no complaint.</summary>
    public static async Task AssertAcceptsAsync(string page)
    {
        var tool = await LocalTool.Promtool.LocateAsync();
        var start = tool.StartInfo("check", "metrics");
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var promtool = ChildProcess.Start(start);
        var said = Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.StandardInput.WriteAsync(page);
        promtool.StandardInput.Close();
        var words = string.Join('\n', await Wait.ForAsync(said, "promtool to read the page"));
        await promtool.WaitForExitAsync();

        Assert.True(promtool.ExitCode == 0, $"promtool: {words}\n{page}");
    }
}
