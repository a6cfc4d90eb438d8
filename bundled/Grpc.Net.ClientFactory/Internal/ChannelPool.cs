using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>
/// One channel per registered client, made at its first use and kept for the life of the process: a channel holds
/// connections, clients are cheap. Handlers come from the HttpClient factory, so that what is configured there
/// (handlers, resilience, telemetry) applies.
/// </summary>
internal sealed partial class ChannelPool(
    IServiceScopeFactory scopes,
    ILoggerFactory loggers,
    IOptionsMonitor<GrpcClientFactoryOptions> clientOptions,
    IOptionsMonitor<HttpClientFactoryOptions> httpOptions,
    IHttpMessageHandlerFactory handlers)
{
    private readonly ConcurrentDictionary<(string Name, Type Type), PooledChannel> _channels = [];
    private readonly Lock _creating = new();
    private readonly ILogger _log = loggers.CreateLogger<ChannelPool>();

    public PooledChannel Get(string name, Type type)
    {
        if (_channels.TryGetValue((name, type), out var channel))
        {
            return channel;
        }

        // Under a lock, so that a burst of first callers makes one channel; a failed attempt is not remembered.
        lock (_creating)
        {
            return _channels.TryGetValue((name, type), out channel)
                ? channel
                : _channels[(name, type)] = Create(name, type);
        }
    }

    private PooledChannel Create(string name, Type type)
    {
        var scope = scopes.CreateScope();
        try
        {
            return Create(name, type, scope.ServiceProvider);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    private PooledChannel Create(string name, Type type, IServiceProvider services)
    {
        var options = clientOptions.Get(name);
        var fromHttpClient = HttpClientSettings.Read(httpOptions.Get(name));
        if (fromHttpClient is not null)
        {
            LogHttpClientSettings(_log, name);
        }

        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = handlers.CreateHandler(name),
            LoggerFactory = loggers,
            ServiceProvider = services,
        };
        foreach (var configure in options.ChannelOptionsActions)
        {
            configure(channelOptions);
        }

        var address = options.Address ?? fromHttpClient?.Address ?? throw new InvalidOperationException(
            $"The gRPC client '{name}' has no address. Set one where it is registered: "
            + $"AddGrpcClient<{type.Name}>(o => o.Address = new Uri(\"https://localhost:5001\")).");
        if (options.HasCallCredentials && !ChannelSecurity.SendsCallCredentials(channelOptions, address))
        {
            throw new InvalidOperationException(
                $"The gRPC client '{name}' has call credentials, which are sent over TLS only, and its address "
                + $"{address} does not use TLS. Use an https address, or allow it with "
                + $"ConfigureChannel(o => o.{nameof(GrpcChannelOptions.UnsafeUseInsecureChannelCallCredentials)} = true).");
        }

        var invoker = GrpcChannel.ForAddress(address, channelOptions).CreateCallInvoker();
        return new PooledChannel(
            options.Intercept(invoker, InterceptorScope.Channel, services),
            fromHttpClient is null ? null : fromHttpClient.AddHeaders);
    }

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "gRPC client {Name} is configured by ConfigureHttpClient: only base address and headers apply.")]
    private static partial void LogHttpClientSettings(ILogger logger, string name);
}

/// <summary>A channel with its interceptors, and the headers that ConfigureHttpClient adds to its calls.</summary>
internal sealed record PooledChannel(CallInvoker Invoker, Action<CallOptionsContext>? AddHeaders);
