using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Membership;
using PubSub.PushManager;
using PubSub.PushManager.Doors;
using PubSub.PushManager.Jobs;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>A push manager whose jobs are committed as soon as they are read: what must not be.</summary>
internal sealed class CommitsFirst(IPushLogReader reader) : IPushLogReader
{
    public const string Program = "push-manager-that-commits-first";

    public JobBacklog Backlog => reader.Backlog;

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("push-manager", service =>
        {
            (service.GrpcPort, service.HttpPort, service.MetricsPort) = (50053, 8070, 9093);
            (service.InstanceIdVariable, service.InstanceId) = ("MANAGER_ID", "push-manager-1");
        });
        builder.AddMembership().Register(ServiceKind.PushManager).Watch(ServiceKind.Node).Watch(ServiceKind.Controller);
        builder.AddDoors();
        builder.AddPublishing();
        builder.AddChannelLog();
        builder.AddResolving();
        builder.AddLinks();
        builder.AddJobs();
        builder.Services.AddSingleton<Func<IPushLogReader>>(static services =>
            () => new CommitsFirst(ActivatorUtilities.CreateInstance<RedisPushLogReader>(services)));

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapDoors();
        return await app.RunServiceAsync(args);
    }

    public async Task<JobBatch> ReadAsync(CancellationToken cancellationToken)
    {
        var batch = await reader.ReadAsync(cancellationToken);
        foreach (var job in batch.Jobs)
            job.IsDone = true;
        await reader.CommitAsync(batch);
        foreach (var job in batch.Jobs)
            job.IsDone = false;
        return batch;
    }

    public Task<bool> CommitAsync(JobBatch batch) => reader.CommitAsync(batch);

    public Task<bool> BuryAsync(JobBatch batch, LoggedJob job, string reason) => reader.BuryAsync(batch, job, reason);

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}
