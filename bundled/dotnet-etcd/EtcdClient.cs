using System.Net.Security;
using dotnet_etcd.Connecting;
using dotnet_etcd.interfaces;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace dotnet_etcd;

/// <summary>
/// A client of one etcd cluster. The connection string lists its endpoints ("http://a:2379,http://b:2379"); calls go
/// round those that answer.
/// </summary>
public partial class EtcdClient : IDisposable, IEtcdClient
{
    private const string DefaultServerName = "my-etcd-server";

    // etcd forgets a token after five minutes by default.
    private static readonly TimeSpan DefaultTokenLife = TimeSpan.FromMinutes(4);

    private readonly IConnection _connection;
    private readonly IWatchManager _watchManager;
    private readonly GrpcChannel? _channel;
    private readonly TokenHandler? _tokens;
    private bool _disposed;

    public EtcdClient(CallInvoker callInvoker)
    {
        ArgumentNullException.ThrowIfNull(callInvoker);
        _connection = new Connection(callInvoker);
        _watchManager = NewWatchManager();
    }

    public EtcdClient(IConnection connection, IWatchManager? watchManager = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _connection = connection;
        _watchManager = watchManager ?? NewWatchManager();
    }

    public EtcdClient(string connectionString, int port = 2379, string serverName = DefaultServerName,
        Action<GrpcChannelOptions>? configureChannelOptions = null, Interceptor[]? interceptors = null)
        : this(connectionString, null, port, serverName, configureChannelOptions, interceptors)
    {
    }

    /// <summary>With a delegate for the TLS options the connection is encrypted, without one it is plain.</summary>
    public EtcdClient(string connectionString, Action<SslClientAuthenticationOptions>? configureSslOptions,
        int port = 2379, string serverName = DefaultServerName,
        Action<GrpcChannelOptions>? configureChannelOptions = null, Interceptor[]? interceptors = null)
    {
        var endpoints = Endpoints.Parse(connectionString, port, configureSslOptions is not null);
        _tokens = new TokenHandler(RequestTokenAsync);
        _channel = ChannelFactory.Create(endpoints, serverName, configureSslOptions, configureChannelOptions, _tokens);
        _connection = new Connection(interceptors is { Length: > 0 }
            ? _channel.Intercept(interceptors)
            : _channel.CreateCallInvoker());
        _watchManager = NewWatchManager();
    }

    public EtcdClient(string connectionString, string username, string password, int port = 2379,
        string serverName = DefaultServerName, Action<GrpcChannelOptions>? configureChannelOptions = null,
        TimeSpan? tokenCacheDuration = null)
        : this(connectionString, port, serverName, configureChannelOptions) =>
        SetCredentials(username, password, tokenCacheDuration);

    public IConnection GetConnection() => _connection;

    public IWatchManager GetWatchManager() => _watchManager;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_disposed || !disposing)
        {
            return;
        }

        _disposed = true;
        _watchManager.Dispose();
        _channel?.Dispose();
    }

    private WatchManager NewWatchManager()
    {
        var calls = new AsyncStreamCallFactory<WatchRequest, WatchResponse>(_connection.WatchClient.Watch);
        return new WatchManager(calls.CreateDuplexStreamingCall);
    }
}
