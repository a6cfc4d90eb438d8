using dotnet_etcd;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

/// <summary>The registration of one process, with a life of its own inside the test.</summary>
internal sealed class Member : IAsyncDisposable
{
    private readonly EtcdClient _client;
    private readonly LoggerFactory _loggers;
    private readonly ApplicationLifetime _lifetime;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private bool _ended;

    private Member(EtcdOptions options, string id, ServiceKind kind, int grpcPort)
    {
        _loggers = new LoggerFactory([Logs]);
        _lifetime = new ApplicationLifetime(_loggers.CreateLogger<ApplicationLifetime>());
        _client = EtcdClients.Create(options);
        Registry = new EtcdRegistry(_client, options, TimeProvider.System);
        Registration = new ServiceRegistration(
            kind,
            () => new ServiceInstance { Id = id, Address = "localhost", GrpcPort = grpcPort, StartedAt = DateTimeOffset.UtcNow },
            Registry,
            options,
            _lifetime,
            TimeProvider.System,
            _loggers.CreateLogger<ServiceRegistration>());
        Key = Registry.Keys.Of(kind, id);
    }

    public ServiceRegistration Registration { get; }

    public EtcdRegistry Registry { get; }

    public string Key { get; }

    public UnexpectedLogs Logs { get; } = new();

    /// <summary>The registration asked the process to stop.</summary>
    public bool WasToldToStop => _lifetime.ApplicationStopping.IsCancellationRequested;

    public long Incarnation => Registration.Status.Entry!.Incarnation;

    public static Member Start(EtcdOptions options, string id, ServiceKind kind = ServiceKind.Node, int grpcPort = 50052)
    {
        var member = new Member(options, id, kind, grpcPort);
        _ = ((IHostedLifecycleService)member.Registration).StartedAsync(CancellationToken.None);
        return member;
    }

    public static async Task<Member> JoinAsync(EtcdOptions options, string id, ServiceKind kind = ServiceKind.Node, int grpcPort = 50052)
    {
        var member = Start(options, id, kind, grpcPort);
        await member.ForAsync(RegistrationState.Registered);
        return member;
    }

    public Task ForAsync(RegistrationState state) => ForAsync(status => status.State == state, $"{state}");

    public Task ForRegistrationsAsync(int count) =>
        ForAsync(status => status.State == RegistrationState.Registered && status.Registrations == count, $"registration {count}");

    public async Task StopAsync()
    {
        _ended = true;
        await ((IHostedLifecycleService)Registration).StoppingAsync(_patience.Token);
    }

    /// <summary>Falls silent without a word, as a killed process does.</summary>
    public void Crash()
    {
        _ended = true;
        _client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            await StopAsync();
        }

        Registration.Dispose();
        _client.Dispose();
        _loggers.Dispose();
        _patience.Dispose();
    }

    private async Task ForAsync(Func<RegistrationStatus, bool> condition, string what)
    {
        try
        {
            await Registration.WaitForAsync(condition, _patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited in vain for {what} of {Key}; it is {Registration.Status}. {string.Join('\n', Logs.Entries)}");
        }
    }
}
