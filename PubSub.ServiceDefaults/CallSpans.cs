using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;

namespace PubSub.ServiceDefaults;

/// <summary>
/// Spans of calls as the semantic conventions want them, out of those that .NET makes.
///
/// gRPC server: ASP.NET Core's request span is the call's span. grpc-dotnet leaves the method and the status on it as
/// two tags of its own, from which name, rpc.* attributes and verdict are made here.
///
/// gRPC client: grpc-dotnet's own span lives as long as the call, which for a stream is long after HttpClient's span
/// ended at the response headers. So grpc-dotnet's is kept, HttpClient's below it is not exported after it handed up
/// its peer's address, and the server is told grpc-dotnet's span as its parent (<see cref="GrpcParentPropagator"/>).
/// Together: one client span and one server span for each call.
/// </summary>
internal sealed class CallSpans : BaseProcessor<Activity>
{
    public const string ServerSource = "Microsoft.AspNetCore";
    public const string GrpcClientSource = "Grpc.Net.Client";
    public const string HttpClientSource = "System.Net.Http";

    private const string GrpcClientActivity = "Grpc.Net.Client.GrpcOut";
    private const string HttpClientActivity = "System.Net.Http.HttpRequestOut";

    private const string MethodTag = "grpc.method";
    private const string StatusTag = "grpc.status_code";

    // What the framework says of the HTTP request that carries a gRPC call; every call's is the same POST.
    private static readonly string[] CarrierTags =
    [
        "http.request.method", "http.response.status_code", "http.route", "url.path", "url.scheme", "network.protocol.version",
    ];

    /// <summary>Must run before the first host and the first channel are made: they keep what they find then.</summary>
    public static void PrepareFramework()
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", isEnabled: false);
        if (DistributedContextPropagator.Current is not GrpcParentPropagator)
            DistributedContextPropagator.Current = new GrpcParentPropagator(DistributedContextPropagator.Current);
    }

    /// <summary>
    /// Where the sampler said no, the SDK asks for no span at all, and the two clients then make a full one of their own
    /// to pass the no on. This asks for one that carries ids and nothing else.
    /// </summary>
    public static ActivityListener PassOnWhatIsNotSampled()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is GrpcClientSource or HttpClientSource,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    public static bool IsBelowGrpcCall(Activity activity) =>
        activity.OperationName == HttpClientActivity && activity.Parent?.OperationName == GrpcClientActivity;

    public override void OnEnd(Activity data)
    {
        if (IsBelowGrpcCall(data))
        {
            data.Parent!.SetTag("server.address", data.GetTagItem("server.address"));
            data.Parent.SetTag("server.port", data.GetTagItem("server.port"));
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        else if (data.Source.Name is ServerSource or GrpcClientSource)
        {
            DescribeGrpc(data);
        }
    }

    private static void DescribeGrpc(Activity span)
    {
        if (span.GetTagItem(MethodTag) is not string path)
            return;

        var method = path.TrimStart('/');
        if (IsHeartbeat(span, method))
        {
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        var slash = method.LastIndexOf('/');
        span.DisplayName = method;
        span.SetTag(MethodTag, null);
        foreach (var tag in CarrierTags)
            span.SetTag(tag, null);

        span.SetTag("rpc.system", "grpc");
        if (slash > 0)
        {
            span.SetTag("rpc.service", method[..slash]);
            span.SetTag("rpc.method", method[(slash + 1)..]);
        }

        if (int.TryParse(span.GetTagItem(StatusTag) as string, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            span.SetTag(StatusTag, null);
            span.SetTag("rpc.grpc.status_code", status);
            span.SetStatus(IsError(span.Kind, status) ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        }
    }

    /// <summary>A process looks after its lease in etcd every few seconds, on nobody's behalf.</summary>
    private static bool IsHeartbeat(Activity span, string method) =>
        span.ParentSpanId == default && span.Kind == ActivityKind.Client && method.StartsWith("etcdserverpb.", StringComparison.Ordinal);

    /// <summary>Every failure is an error to the client; to the server only those that it is to blame for.</summary>
    private static bool IsError(ActivityKind kind, int status) => kind == ActivityKind.Client
        ? status != 0
        : status is 2 or 4 or 12 or 13 or 14 or 15;
}

/// <summary>Names grpc-dotnet's span, not HttpClient's below it, as the parent of the server's span.</summary>
internal sealed class GrpcParentPropagator(DistributedContextPropagator inner) : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => inner.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        inner.Inject(activity is not null && CallSpans.IsBelowGrpcCall(activity) ? activity.Parent : activity, carrier, setter);

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier, PropagatorGetterCallback? getter) => inner.ExtractBaggage(carrier, getter);
}
