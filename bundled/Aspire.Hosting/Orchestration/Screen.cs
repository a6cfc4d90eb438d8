using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What the person at the terminal reads.</summary>
internal sealed class Screen(TextWriter output, TextWriter errors) : IProgress<string>
{
    public void Say(string line) => output.WriteLine(line);

    public void Complain(string message) => errors.WriteLine(message);

    public void Report(string value) => Say(value);

    public void ShowTable(string application, TimeSpan took, IReadOnlyList<ResourceRun> runs, Uri? dashboard)
    {
        var table = new StringBuilder();
        table.AppendLine();
        table.AppendLine(CultureInfo.InvariantCulture, $"{application}: {runs.Count} resources, healthy after {took.TotalSeconds:0.0} s");
        table.AppendLine();
        var width = Math.Max("Dashboard".Length, runs.Max(run => run.Resource.Name.Length));
        foreach (var run in runs)
            table.AppendLine(CultureInfo.InvariantCulture, $"  {run.Resource.Name.PadRight(width)}  {Endpoints(run.Resource)}");
        table.AppendLine();
        if (dashboard is not null)
            table.AppendLine(CultureInfo.InvariantCulture, $"  {"Dashboard".PadRight(width)}  {dashboard}");
        table.AppendLine(CultureInfo.InvariantCulture, $"  {"Ctrl+C".PadRight(width)}  stops everything");
        output.WriteLine(table.ToString());
    }

    // Only what a browser or curl can open is written as an address.
    private static string Endpoints(IResource resource) => string.Join("   ",
        from endpoint in resource.Annotations.OfType<EndpointAnnotation>()
        let place = endpoint.AllocatedEndpoint!
        select endpoint.Name + " " + (endpoint.UriScheme is "http" or "https" && endpoint.Transport != "http2"
            ? place.UriString
            : place.EndPointString));
}
