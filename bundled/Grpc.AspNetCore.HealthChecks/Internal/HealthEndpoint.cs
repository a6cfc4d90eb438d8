using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>
/// The health service of the host: runs the checks for a question, unless told to answer from the last report, and
/// ends watches when the host stops, which would otherwise wait for them.
/// </summary>
internal sealed class HealthEndpoint(
    HealthServiceImpl published,
    HealthCheckService checks,
    IHostApplicationLifetime lifetime,
    IOptions<HealthCheckOptions> hostOptions,
    IOptions<GrpcHealthChecksOptions> options) : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return await published.Check(request, context);
        }

        return await RunChecks(request.Service, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Unknown service '{request.Service}'."));
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var stopping = options.Value.SuppressCompletionOnShutdown
            ? CancellationToken.None
            : lifetime.ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        var writer = options.Value.UseHealthChecksCache
            ? responseStream
            : new FreshFirstWriter(responseStream, () => RunChecks(request.Service, context.CancellationToken));

        await published.Watch(request, writer, new EarlierEndContext(context, end.Token));

        if (stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing });
        }
    }

    private async Task<HealthCheckResponse?> RunChecks(string service, CancellationToken cancellationToken)
    {
        if (!options.Value.Services.TryGet(service, out var mapping))
        {
            return null;
        }

        var allowed = hostOptions.Value.Predicate;
        var report = await checks.CheckHealthAsync(
            check => allowed?.Invoke(check) != false && mapping.Covers(check.Name, check.Tags), cancellationToken);
        return mapping.StatusIn(report);
    }

    /// <summary>Nothing may have been published yet when a watch begins, so its first answer is asked for.</summary>
    private sealed class FreshFirstWriter(
        IServerStreamWriter<HealthCheckResponse> inner, Func<Task<HealthCheckResponse?>> ask)
        : IServerStreamWriter<HealthCheckResponse>
    {
        private bool _asked;

        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public async Task WriteAsync(HealthCheckResponse message)
        {
            if (!_asked)
            {
                _asked = true;
                message = await ask() ?? new HealthCheckResponse { Status = ServingStatus.ServiceUnknown };
            }

            await inner.WriteAsync(message);
        }
    }
}
