using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PubSub.Membership;

/// <summary>
/// This process's entry in etcd, under a lease that ends when the process does.
///
/// Start: once the doors are open, an incarnation is claimed and the entry written in one transaction. An entry that
/// an earlier start left behind is replaced at once. Beat: three times per TTL the lease is kept alive and the entry
/// looked at. Lease gone (a long outage, an etcd without its data) or entry gone (somebody deleted it): registered
/// again, with the same incarnation. Entry of a later start there: two processes run under one id, and the later one
/// has won; the earlier stops, because nothing would reach it any more. Graceful stop: the lease is revoked before any
/// door closes, so that the others turn away first.
///
/// An incarnation is the wall clock in milliseconds, but at least one more than any that was ever given, which etcd
/// keeps under /pubsub/incarnation. So it rises even if the clock was set back or etcd lost its data; only both at
/// once could make it fall.
/// </summary>
public sealed partial class ServiceRegistration : IHostedLifecycleService, IDisposable
{
    private const int BeatsPerTtl = 3;

    private readonly ServiceKind _kind;
    private readonly Func<ServiceInstance> _describe;
    private readonly EtcdRegistry _registry;
    private readonly EtcdOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<ServiceRegistration> _logger;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Latest<RegistrationStatus> _status = new(RegistrationStatus.Starting);
    private Task _running = Task.CompletedTask;
    private ServiceInstance? _entry;
    private long _lease;
    private bool _awayIsLogged;

    internal ServiceRegistration(
        ServiceKind kind, Func<ServiceInstance> describe, EtcdRegistry registry, EtcdOptions options,
        IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ServiceRegistration> logger)
    {
        _kind = kind;
        _describe = describe;
        _registry = registry;
        _options = options;
        _lifetime = lifetime;
        _time = time;
        _logger = logger;
        _backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), time);
    }

    public RegistrationStatus Status => _status.Value;

    /// <summary>The current status at once, then each newer one; a slow reader gets the latest.</summary>
    public IAsyncEnumerable<RegistrationStatus> FollowAsync(CancellationToken cancellationToken) =>
        _status.FollowAsync(cancellationToken);

    public Task<RegistrationStatus> WaitForAsync(Func<RegistrationStatus, bool> condition, CancellationToken cancellationToken) =>
        _status.WaitForAsync(condition, cancellationToken);

    /// <summary>The entry, as soon as this process is registered for the first time.</summary>
    public async Task<ServiceInstance> WaitForEntryAsync(CancellationToken cancellationToken) =>
        (await WaitForAsync(status => status.Entry is not null, cancellationToken)).Entry!;

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    async Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
        await WithdrawAsync(cancellationToken);
    }

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (!await RegisterAsync(_stopping.Token))
                {
                    Supersede();
                    return;
                }

                await KeepAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                NoteAway(error);
            }

            await _backoff.PauseAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False: a later start holds the entry.</summary>
    private async Task<bool> RegisterAsync(CancellationToken cancellationToken)
    {
        var description = _entry ?? _describe();
        var key = _registry.Keys.Of(_kind, description.Id);
        if (_lease == 0)
            _lease = await _registry.GrantLeaseAsync(cancellationToken);

        while (true)
        {
            var seen = await _registry.ReadClaimAsync(key, cancellationToken);
            if (_entry is not null && seen.Holder?.Incarnation > _entry.Incarnation)
                return false;

            var entry = _entry ?? description with { Incarnation = NextIncarnation(seen) };
            if (await _registry.TryClaimAsync(key, entry, _lease, seen, cancellationToken) is { } revision)
            {
                _entry = entry with { Revision = revision };
                _backoff.Reset();
                _awayIsLogged = false;
                LogRegistered(key, entry.Incarnation, revision, _options.LeaseSeconds);
                Set(RegistrationState.Registered, Status.Registrations + 1);
                return true;
            }

            // Others claimed an incarnation at the same moment, as all do after an outage; somebody gets through each time.
            await _backoff.PauseAsync(cancellationToken);
        }
    }

    private long NextIncarnation(EtcdRegistry.Claim seen)
    {
        var highest = Math.Max(seen.HighestIncarnation, seen.Holder?.Incarnation ?? 0);
        return Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), highest + 1);
    }

    /// <summary>Holds the entry; returns when it must be made anew.</summary>
    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        var key = _registry.Keys.Of(_kind, _entry!.Id);
        while (true)
        {
            await Task.Delay(_options.LeaseTtl / BeatsPerTtl, _time, cancellationToken);
            while (!await TryBeatAsync(key, cancellationToken))
            {
                // A lease lives on while etcd is away and for a TTL after it is back, so it is worth asking for often.
                await _backoff.PauseAsync(cancellationToken);
            }

            if (Status.State == RegistrationState.Lost)
                return;
        }
    }

    /// <summary>False: etcd did not answer. True: it did, and the status says what.</summary>
    private async Task<bool> TryBeatAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            if (!await _registry.KeepAliveAsync(_lease, cancellationToken))
            {
                LogLeaseGone(key);
                _lease = 0;
                Set(RegistrationState.Lost, Status.Registrations);
                return true;
            }

            var entry = await _registry.ReadAsync(key, cancellationToken);
            if (entry?.Lease != _lease)
            {
                LogEntryGone(key);
                Set(RegistrationState.Lost, Status.Registrations);
                return true;
            }

            NoteBack(key);
            return true;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            NoteAway(error);
            return false;
        }
    }

    private async Task WithdrawAsync(CancellationToken cancellationToken)
    {
        if (_lease == 0)
            return;

        try
        {
            await _registry.RevokeLeaseAsync(_lease, cancellationToken);
            LogWithdrawn(_entry?.Id ?? "");
        }
        catch (Exception error)
        {
            LogNotWithdrawn(_options.LeaseSeconds, EtcdError.Describe(error));
        }

        Set(RegistrationState.Stopped, Status.Registrations);
    }

    private void Supersede()
    {
        LogSuperseded(_kind, _entry!.Id);
        Set(RegistrationState.Superseded, Status.Registrations);
        _lifetime.StopApplication();
    }

    private void NoteAway(Exception error)
    {
        if (!_awayIsLogged)
        {
            _awayIsLogged = true;
            LogAway(_kind, _options.Endpoints, EtcdError.Describe(error));
        }

        if (Status.State == RegistrationState.Registered)
            Set(RegistrationState.Away, Status.Registrations);
    }

    private void NoteBack(string key)
    {
        _backoff.Reset();
        _awayIsLogged = false;
        if (Status.State == RegistrationState.Away)
        {
            LogBack(key);
            Set(RegistrationState.Registered, Status.Registrations);
        }
    }

    private void Set(RegistrationState state, int registrations) =>
        _status.Set(new RegistrationStatus(state, _entry, registrations));
}
