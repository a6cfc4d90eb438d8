using dotnet_etcd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.Membership;

/// <summary>How a service joins the others: <c>builder.AddMembership().Register(ServiceKind.Node).Watch(ServiceKind.PushManager)</c>.</summary>
public static class MembershipExtensions
{
    /// <summary>Settings of etcd, checked at start, and one client for the process.</summary>
    public static MembershipBuilder AddMembership(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<EtcdOptions>(EtcdOptions.Section, static options => options.Faults());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(static services => EtcdClients.Create(Options(services)));
        builder.Services.AddSingleton(static services => new EtcdRegistry(
            services.GetRequiredService<EtcdClient>(), Options(services), services.GetRequiredService<TimeProvider>()));
        return new MembershipBuilder(builder.Services);
    }

    internal static EtcdOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<EtcdOptions>>().Value;
}

/// <summary>What a process does in the membership.</summary>
public sealed class MembershipBuilder
{
    private readonly IServiceCollection _services;

    internal MembershipBuilder(IServiceCollection services)
    {
        _services = services;
    }

    /// <summary>
    /// Registers this process from its start to its stop, under its instance id and with the ports it listens on.
    /// <see cref="ServiceRegistration"/> can be injected.
    /// </summary>
    public MembershipBuilder Register(ServiceKind kind)
    {
        _services.AddSingleton(services => new ServiceRegistration(
            kind,
            () => Describe(services),
            services.GetRequiredService<EtcdRegistry>(),
            MembershipExtensions.Options(services),
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ServiceRegistration>>()));
        _services.AddHostedService(static services => services.GetRequiredService<ServiceRegistration>());
        return this;
    }

    /// <summary>Follows all processes of a kind: inject <c>[FromKeyedServices(ServiceKind.Node)] IMembership</c>.</summary>
    public MembershipBuilder Watch(ServiceKind kind)
    {
        _services.AddKeyedSingleton(kind, (services, _) => new ServiceWatch(
            kind,
            services.GetRequiredService<EtcdRegistry>(),
            MembershipExtensions.Options(services),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ServiceWatch>>()));
        _services.AddKeyedSingleton<IMembership>(kind, static (services, key) => services.GetRequiredKeyedService<ServiceWatch>(key));
        _services.AddSingleton<IHostedService>(services => services.GetRequiredKeyedService<ServiceWatch>(kind));
        return this;
    }

    private static ServiceInstance Describe(IServiceProvider services)
    {
        var ports = services.GetRequiredService<ServicePorts>();
        var etcd = MembershipExtensions.Options(services);
        return new ServiceInstance
        {
            Id = services.GetRequiredService<ServiceIdentity>().InstanceId,
            Address = AdvertisedAddress.Of(etcd),
            GrpcPort = etcd.AdvertisedGrpcPort > 0 ? etcd.AdvertisedGrpcPort : ports.Grpc,
            HttpPort = ports.Http,
            MetricsPort = ports.Metrics,
            StartedAt = services.GetRequiredService<TimeProvider>().GetUtcNow(),
        };
    }
}
