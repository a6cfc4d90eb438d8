using System.Reflection;
using Microsoft.Net.Http.Headers;

namespace PubSub.ConnectNode.Doors;

/// <summary>The page at <c>/</c>: a client for people, to try a node with nothing but a browser.</summary>
internal static class ClientPage
{
    // Scripts come from the page's own file alone, so nothing that a message carries can run.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src *; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Script = "text/javascript; charset=utf-8";
    private const string Resources = "PubSub.ConnectNode.Doors.";

    /// <summary>clients/js, which the page uses as it is.</summary>
    private const string Library = Resources + "pubsub.";

    public static void MapClientPage(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", Serve("ClientPage.html", "text/html; charset=utf-8"));
        app.MapGet("/client.js", Serve("ClientPage.js", Script));
        foreach (var file in LibraryFiles())
            app.MapGet("/pubsub/" + file, Serve("pubsub." + file, Script));
    }

    private static IEnumerable<string> LibraryFiles() =>
        from name in Assembly.GetExecutingAssembly().GetManifestResourceNames()
        where name.StartsWith(Library, StringComparison.Ordinal)
        select name[Library.Length..];

    private static RequestDelegate Serve(string file, string contentType)
    {
        var bytes = Read(file);
        return context =>
        {
            var headers = context.Response.Headers;
            headers[HeaderNames.ContentSecurityPolicy] = Policy;
            headers[HeaderNames.CacheControl] = "no-cache";
            headers[HeaderNames.XContentTypeOptions] = "nosniff";
            context.Response.ContentType = contentType;
            context.Response.ContentLength = bytes.Length;
            return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
        };
    }

    private static byte[] Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resources + file)
            ?? throw new InvalidOperationException($"{file} is not in this assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
