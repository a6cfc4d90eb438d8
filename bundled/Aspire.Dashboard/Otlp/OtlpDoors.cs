using Grpc.Core;

namespace Aspire.Dashboard.Otlp;

internal sealed class TraceDoor(OtlpReader reader) : TraceService.TraceServiceBase
{
    public override Task<ExportReply> Export(TracesData request, ServerCallContext context)
    {
        reader.Read(request);
        return Task.FromResult(new ExportReply());
    }
}

internal sealed class LogsDoor(OtlpReader reader) : LogsService.LogsServiceBase
{
    public override Task<ExportReply> Export(LogsData request, ServerCallContext context)
    {
        reader.Read(request);
        return Task.FromResult(new ExportReply());
    }
}

internal sealed class MetricsDoor(OtlpReader reader) : MetricsService.MetricsServiceBase
{
    public override Task<ExportReply> Export(MetricsData request, ServerCallContext context)
    {
        reader.Read(request);
        return Task.FromResult(new ExportReply());
    }
}
