using System.IO.Compression;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aspire.Dashboard.Otlp;

/// <summary>OTLP over HTTP with Protobuf bodies.</summary>
internal static class OtlpHttpDoor
{
    public const int MaxBody = 64 * 1024 * 1024;

    private const string Protobuf = "application/x-protobuf";

    public static void MapOtlpHttp(this IEndpointRouteBuilder routes, OtlpReader reader)
    {
        routes.MapPost("/v1/traces", context => ReadAsync(context, TracesData.Parser, reader.Read));
        routes.MapPost("/v1/logs", context => ReadAsync(context, LogsData.Parser, reader.Read));
        routes.MapPost("/v1/metrics", context => ReadAsync(context, MetricsData.Parser, reader.Read));
    }

    private static async Task ReadAsync<T>(HttpContext context, MessageParser<T> parser, Action<T> read)
        where T : IMessage<T>
    {
        var request = context.Request;
        if (request.ContentType?.StartsWith(Protobuf, StringComparison.OrdinalIgnoreCase) != true)
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, $"Send {Protobuf}: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.");
            return;
        }

        try
        {
            var body = await BodyAsync(request, context.RequestAborted);
            read(parser.ParseFrom(body.GetBuffer(), 0, (int)body.Length));
            context.Response.ContentType = Protobuf;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"The body cannot be read: {e.Message}");
        }
    }

    private static async Task<MemoryStream> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        await using var source = encoding switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
            _ => throw new InvalidDataException($"content-encoding {encoding} is not known; use gzip or none."),
        };
        var body = new MemoryStream();
        var buffer = new byte[81920];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            // A few bytes of gzip can become any number of them.
            if (body.Length + read > MaxBody)
                throw new InvalidDataException($"it is larger than {MaxBody} bytes.");
            body.Write(buffer, 0, read);
        }

        return body;
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }
}
