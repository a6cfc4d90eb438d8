using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PubSub.Membership;
using PubSub.ServiceDefaults;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

/// <summary>The whole of it in real hosts, as Program.cs of each service wires it.</summary>
[Collection(SharedEtcd.Name)]
public sealed class AServiceJoinsWithOneLine(EtcdFixture fixture)
{
    private readonly string _prefix = fixture.NewPrefix().TrimEnd('/');

    [Fact]
    public async Task Its_entry_has_its_id_and_the_ports_it_listens_on()
    {
        await using var manager = Build("push-manager", "push-manager-1", membership => membership.Register(ServiceKind.PushManager));
        await using var node = Build(
            "connect-node", "connect-node-1", membership => membership.Register(ServiceKind.Node).Watch(ServiceKind.PushManager).Watch(ServiceKind.Node));
        await manager.StartAsync();
        await node.StartAsync();

        var seen = await Wait.ForAsync(
            node.Services.GetRequiredKeyedService<IMembership>(ServiceKind.PushManager)
                .WaitForAsync(snapshot => snapshot.Find("push-manager-1") is not null, CancellationToken.None),
            "the push manager");
        var own = await Wait.ForAsync(
            node.Services.GetRequiredService<ServiceRegistration>().WaitForEntryAsync(CancellationToken.None), "the own entry");

        var ports = manager.Services.GetRequiredService<ServicePorts>();
        var entry = seen.Find("push-manager-1")!;
        Assert.Equal((ports.Grpc, ports.Http, ports.Metrics), (entry.GrpcPort, entry.HttpPort, entry.MetricsPort));
        Assert.True(entry.GrpcPort > 0);
        Assert.Equal("localhost", entry.Address);
        Assert.Equal("connect-node-1", own.Id);
        Assert.Equal(seen.Instances.Keys, ["push-manager-1"]);
        await manager.StopAsync();
        await Wait.ForAsync(
            node.Services.GetRequiredKeyedService<IMembership>(ServiceKind.PushManager)
                .WaitForAsync(snapshot => snapshot.Instances.IsEmpty, CancellationToken.None),
            "the push manager to leave");
        await node.StopAsync();
    }

    [Fact]
    public async Task Behind_a_port_mapping_its_entry_has_what_the_settings_say()
    {
        await using var node = Build(
            "connect-node", "mapped-node", membership => membership.Register(ServiceKind.Node),
            ("ADVERTISED_ADDRESS", "gateway.example"), ("ADVERTISED_GRPC_PORT", "60052"));
        await node.StartAsync();

        var entry = await Wait.ForAsync(
            node.Services.GetRequiredService<ServiceRegistration>().WaitForEntryAsync(CancellationToken.None), "the entry");

        Assert.Equal(new Uri("http://gateway.example:60052"), entry.GrpcAddress);
        await node.StopAsync();
    }

    [Fact]
    public async Task Wrong_settings_stop_it_before_it_starts()
    {
        await using var app = Build("connect-node", "connect-node-1", membership => membership.Register(ServiceKind.Node), ("ETCD_ENDPOINTS", "localhost"));

        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Contains("ETCD_ENDPOINTS: 'localhost' is not an address such as http://localhost:2379", wrong.Message, StringComparison.Ordinal);
    }

    private WebApplication Build(
        string service, string id, Action<MembershipBuilder> join, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ETCD_ENDPOINTS"] = fixture.Etcd.Endpoint,
            ["ETCD_KEY_PREFIX"] = _prefix,
        });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value));
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults(service, definition =>
        {
            (definition.GrpcPort, definition.HttpPort, definition.MetricsPort) = (0, 0, 0);
            definition.InstanceId = id;
        });
        join(builder.AddMembership());
        return builder.Build();
    }
}
