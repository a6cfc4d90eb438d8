using System.Collections.Immutable;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace PubSub.Membership.Peers;

/// <summary>
/// The peers of one kind, and a connection to each: those that the membership knows, and until it knows any, those that the
/// settings name. Every process orders them alike, by id: a node takes the push manager of a channel by its place.
/// </summary>
public sealed class PeerTable<TClient> : IAsyncDisposable
    where TClient : ClientBase
{
    /// <summary>Longer than any call may take.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private readonly IMembership _membership;
    private readonly ImmutableArray<Uri> _configured;
    private readonly Func<CallInvoker, TClient> _createClient;
    private readonly ILoggerFactory _loggers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _following;
    private volatile Snapshot _snapshot = new([]);

    public PeerTable(
        IEnumerable<Uri> configured, IMembership membership, Func<CallInvoker, TClient> createClient, ILoggerFactory loggers)
    {
        _configured = [.. configured.Distinct()];
        _membership = membership;
        _createClient = createClient;
        _loggers = loggers;
        Apply(membership.Current);
        _following = FollowAsync();
    }

    public ImmutableArray<Peer<TClient>> Current => _snapshot.Peers;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var peer in Current)
            peer.Dispose();
        _stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        await foreach (var snapshot in _membership.FollowAsync(_stopping.Token))
            Apply(snapshot);
    }

    private void Apply(MembershipSnapshot snapshot)
    {
        // Never both: an address from the settings and one from etcd may be two names of one process.
        var wanted = snapshot.Instances.Values
            .OrderBy(instance => instance.Id, StringComparer.Ordinal)
            .Select(instance => (instance.Id, Address: instance.GrpcAddress))
            .ToList();
        if (wanted.Count == 0)
            wanted = [.. _configured.Select(address => (address.Authority, address))];

        var old = Current;
        ImmutableArray<Peer<TClient>> peers =
        [
            .. wanted.Select(want =>
                old.FirstOrDefault(peer => peer.Id == want.Id && peer.Address == want.Address)
                ?? new Peer<TClient>(want.Id, want.Address, _createClient, _loggers)),
        ];
        _snapshot = new Snapshot(peers);
        foreach (var gone in old.Except(peers))
            _ = LetGoAsync(gone);
    }

    /// <summary>Whoever took it from an earlier snapshot still calls it: those calls end by themselves.</summary>
    private async Task LetGoAsync(Peer<TClient> gone)
    {
        await Task.Delay(Grace, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gone.Dispose();
    }

    /// <summary>An immutable array alone cannot be swapped in one step.</summary>
    private sealed record Snapshot(ImmutableArray<Peer<TClient>> Peers);
}
