using Aspire.Dashboard;

namespace PubSub.Tests.Dashboard;

/// <summary>The resources of a small cluster and what they printed.</summary>
internal static class SampleResources
{
    public static void Fill(FakeResources host, DateTimeOffset now)
    {
        DashboardResource Service(string name, string project, string service, params string[] urls) => FakeResources.Running(name) with
        {
            ProcessId = Environment.ProcessId,
            StartedAt = now - TimeSpan.FromMinutes(7.4),
            Source = $"PubSub.{project}/PubSub.{project}.csproj",
            Endpoints = [.. urls.Select(url => new DashboardEndpoint(url.Split(':')[0], url))],
            TelemetryName = service,
        };
        host.Set(
            Service("redis", "", "", "tcp://localhost:6379") with { Kind = "Container", Source = "docker.io/library/redis:7.4", TelemetryName = null },
            Service("etcd", "", "", "http://localhost:2379") with { Kind = "Container", Source = "quay.io/coreos/etcd:v3.4.30", TelemetryName = null },
            Service("controller-1", "Controller", "controller-manager", "http://localhost:50051"),
            Service("push-manager-1", "PushManager", "push-manager", "http://localhost:8070", "http://localhost:50053"),
            Service("connect-node-1", "ConnectNode", "connect-node", "http://localhost:8080", "http://localhost:50052"),
            Service("connect-node-2", "ConnectNode", "connect-node", "http://localhost:8081", "http://localhost:50055") with
            {
                Health = "Unhealthy",
                HealthText = "controllers: no controller answers",
                Restarts = 2,
                StartedAt = now - TimeSpan.FromSeconds(41),
            },
            Service("connect-node-3", "ConnectNode", "connect-node", "http://localhost:8082", "http://localhost:50056") with
            {
                State = "Starting",
                Health = null,
                StartedAt = now - TimeSpan.FromSeconds(3),
                ProcessId = null,
            },
            Service("biz-server", "BizServer", "biz-server", "http://localhost:8090") with
            {
                State = "Exited",
                Health = null,
                ExitCode = 0,
                ProcessId = null,
                Commands = ["start"],
            });

        for (var i = 0; i < 60; i++)
        {
            var at = now - TimeSpan.FromSeconds(240 - (4 * i));
            host.Print("connect-node-1", $"{at:yyyy-MM-ddTHH:mm:ss.fffZ} info  SessionReader session s-{200 + i} of alice joined room-{i % 5:000} trace={SampleTelemetry.TraceIdOf(i)}", at: at);
            host.Print("push-manager-1", $"{at:yyyy-MM-ddTHH:mm:ss.fffZ} debug Publisher accepted room:room-{i % 5:000} offset {1000 + i}", at: at.AddMilliseconds(3));
            if (i % 7 == 3)
                host.Print("connect-node-2", $"{at:yyyy-MM-ddTHH:mm:ss.fffZ} warn  Outbox outbox of session s-204 is 80 % full", at: at.AddMilliseconds(9));
            if (i % 20 == 11)
            {
                host.Print("connect-node-2", $"{at:yyyy-MM-ddTHH:mm:ss.fffZ} error ControllerUplink no controller answers: connection refused", at: at.AddMilliseconds(11));
                host.Print("connect-node-2", "    System.Net.Http.HttpRequestException: Connection refused (localhost:50051)", at: at.AddMilliseconds(11));
                host.Print("connect-node-2", "       at PubSub.ConnectNode.Upstream.ControllerUplink.SendAsync()", at: at.AddMilliseconds(11));
            }
        }

        host.Print("redis", "1:M 21 Nov 2026 10:20:00.120 * Ready to accept connections tcp", at: now - TimeSpan.FromSeconds(300));
        host.Print("etcd", "2026-11-21 10:20:00.201120 I | etcdserver: published {Name:default} to cluster", isError: true, at: now - TimeSpan.FromSeconds(299));
        host.Print("biz-server", "Now listening on: http://localhost:8090", at: now - TimeSpan.FromSeconds(290));
    }
}
