using System.Buffers.Binary;
using System.Net.Http.Headers;
using Aspire.Dashboard.Otlp;
using Google.Protobuf;

namespace PubSub.Tests.Dashboard;

/// <summary>A dashboard that keeps all the spans it can, which came over OTLP; one trace has 5,000 of them.</summary>
public sealed class FullDashboard : IAsyncLifetime
{
    public const int Kept = 100_000;
    public const int Large = 5_000;
    private const int PerRequest = 2_500;

    private static readonly ulong Begin = (ulong)(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000) * 1_000_000;

    internal DashboardPage Page { get; } = new();

    /// <summary>Where the page shows the large trace.</summary>
    internal static string LargeTrace { get; } = $"trace/{Convert.ToHexStringLower(Id(Kept / 2, 16))}";

    public async Task InitializeAsync()
    {
        await Page.InitializeAsync();
        await FeedAsync();
    }

    public Task DisposeAsync() => Page.DisposeAsync();

    private async Task FeedAsync()
    {
        using var http = new HttpClient();
        for (var from = 0; from < Kept; from += PerRequest)
        {
            var spans = new ScopeSpans { Scope = new Scope { Name = "PubSub" }, Spans = { Enumerable.Range(from, PerRequest).Select(NewSpan) } };
            var data = new TracesData
            {
                ResourceSpans =
                {
                    new ResourceSpans
                    {
                        Resource = new Resource { Attributes = { Tag("service.name", "push-manager"), Tag("service.instance.id", $"push-manager-{from % 2}") } },
                        ScopeSpans = { spans },
                    },
                },
            };
            using var body = new ByteArrayContent(data.ToByteArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };
            using var answer = await http.PostAsync(new Uri(Page.Dashboard.Server.OtlpHttpEndpoint, "v1/traces"), body);
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Traces of ten spans each, and in the middle of all the large one.</summary>
    private static Span NewSpan(int number)
    {
        const int first = Kept / 2;
        var isLarge = number is >= first and < first + Large;
        var trace = isLarge ? first : number / 10 * 10;
        var place = isLarge ? number - first : number % 10;
        var span = new Span
        {
            TraceId = ByteString.CopyFrom(Id(trace, 16)),
            SpanId = ByteString.CopyFrom(Id(number, 8)),
            ParentSpanId = place == 0 ? ByteString.Empty : ByteString.CopyFrom(Id(isLarge ? first + ((place - 1) / 8) : trace, 8)),
            Name = place == 0 ? "push" : $"work {place}",
            Kind = SpanKind.Internal,
            StartTimeUnixNano = Begin + (ulong)(place * 1_000),
            EndTimeUnixNano = Begin + (place == 0 ? 20_000_000UL : (ulong)(place * 2_000) + 50_000),
            Attributes = { Tag("pubsub.channel", $"room:{number % 97}") },
        };
        if (isLarge && place == 17)
            span.Attributes.Add(Tag("needle", "in-the-stack"));
        return span;
    }

    private static byte[] Id(int number, int length)
    {
        var id = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(length - 4), number + 1);
        return id;
    }

    private static KeyValue Tag(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };
}
