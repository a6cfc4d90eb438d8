using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Aspire.Dashboard.Web;

/// <summary>The files of the page, which lie in this assembly.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "Page/";

    private readonly Dictionary<string, PageFile> _files = Load();

    public bool Has(string path) => _files.ContainsKey(path);

    public Task WriteAsync(HttpContext context, string path)
    {
        var file = _files[path];
        var tag = file.Tag;
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Bytes.Length;
        return context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted).AsTask();
    }

    /// <param name="context">The request.</param>
    /// <param name="message">One of our own sentences.</param>
    public Task WriteLoginAsync(HttpContext context, string message)
    {
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        context.Response.ContentType = ContentTypeOf("login.html");
        var html = Encoding.UTF8.GetString(_files["login.html"].Bytes).Replace("{message}", message, StringComparison.Ordinal);
        return context.Response.WriteAsync(html, context.RequestAborted);
    }

    private static Dictionary<string, PageFile> Load()
    {
        var assembly = typeof(PageFiles).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[Prefix.Length..].Replace('\\', '/'), name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                return new PageFile(bytes.ToArray(), ContentTypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()).AsSpan(0, 8))}\"");
            });
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };

    private sealed record PageFile(byte[] Bytes, string ContentType, string Tag);
}
