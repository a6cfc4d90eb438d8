using System.Globalization;
using PubSub.ServiceDefaults;
using YamlDotNet.RepresentationModel;

namespace PubSub.Tests.Deploy;

/// <summary>
/// No cluster runs here, so that the manifests are true is shown against the programs: each is asked for its settings under
/// the environment that its pod would have, and its ports, probes and times are compared with what it says.
/// </summary>
public sealed class TheManifestsFitTheServices
{
    // Seconds after STOP_TIMEOUT_SECONDS in which a process ends itself; GracefulStop.
    private const int Wall = 5;

    // What the runtime and not the service reads.
    private static readonly string[] NotOurs = ["DOTNET_", "ASPNETCORE_"];

    public static TheoryData<string, string, string> Services => new()
    {
        { "controller", "Deployment", "PubSub.Controller" },
        { "push-manager", "Deployment", "PubSub.PushManager" },
        { "connect-node", "StatefulSet", "PubSub.ConnectNode" },
        { "biz-server", "Deployment", "PubSub.BizServer" },
    };

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Variables_and_ports_are_those_of_the_program(string name, string kind, string project)
    {
        var container = Container(name, kind);
        var own = Variables(container);
        var settings = await ServiceSettings.OfAsync(project, Shared().Concat(own).ToDictionary());

        Assert.Empty(own.Keys.Where(variable => !NotOurs.Any(variable.StartsWith)).Except(settings.Names));
        Assert.All(own, one => Assert.Contains(settings[one.Key], new[] { one.Value, "***" }));
        var doors = new[] { "GRPC_PORT", "HTTP_PORT", "METRICS_PORT" }
            .Where(variable => settings[variable] is not null)
            .ToDictionary(variable => variable.Split('_')[0].ToLowerInvariant(), variable => settings[variable]!);
        Assert.Equal(doors, Ports(container));
        Assert.Equal(doors["metrics"], Manifest.The(kind, name).Text("spec", "template", "metadata", "annotations", "prometheus.io/port"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Each_pod_has_a_name_and_an_address_of_its_own(string name, string kind, string project)
    {
        var fields = Container(name, kind).List("env")
            .Where(one => one.At("valueFrom", "fieldRef") is not null)
            .ToDictionary(one => one.Text("name")!, one => one.Text("valueFrom", "fieldRef", "fieldPath"));
        var settings = await ServiceSettings.OfAsync(project, new Dictionary<string, string> { [fields.Keys.First()] = "pod-7" });

        Assert.Equal("status.podIP", fields["ADVERTISED_ADDRESS"]);
        Assert.Equal("metadata.name", fields.Values.First());
        Assert.Equal("pod-7", settings[fields.Keys.First()]);
        Assert.EndsWith("_ID", fields.Keys.First(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Probes_ask_where_the_program_answers_and_a_stop_has_the_time_it_takes(string name, string kind, string project)
    {
        var container = Container(name, kind);
        Assert.Equal((Health.ReadyPath, "metrics"), Probe("readinessProbe"));
        Assert.Equal((Health.LivePath, "metrics"), Probe("livenessProbe"));
        Assert.Equal((Health.LivePath, "metrics"), Probe("startupProbe"));

        var settings = await ServiceSettings.OfAsync(project, Shared());
        var pod = Manifest.The(kind, name).At("spec", "template", "spec")!;
        var grace = Number(pod.Text("terminationGracePeriodSeconds"));
        Assert.True(grace > Number(settings["STOP_TIMEOUT_SECONDS"]) + Wall, $"{name} is killed after {grace} s, before it is down.");
        var notice = Number(container.Text("readinessProbe", "periodSeconds")) * Number(container.Text("readinessProbe", "failureThreshold"));
        Assert.True(notice < Number(settings["STOP_DELAY_SECONDS"]), $"{name} closes its doors before anybody can notice.");

        (string?, string?) Probe(string probe) => (container.Text(probe, "httpGet", "path"), container.Text(probe, "httpGet", "port"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void What_belongs_to_a_service_means_its_pods(string name, string kind, string project)
    {
        _ = project;
        var workload = Manifest.The(kind, name);
        Assert.Equal(name, workload.Text("spec", "template", "metadata", "labels", "app"));
        Assert.Equal(name, workload.Text("spec", "selector", "matchLabels", "app"));
        Assert.Equal(name, Manifest.The("PodDisruptionBudget", name).Text("spec", "selector", "matchLabels", "app"));
        foreach (var scaler in Manifest.Documents().Where(it => it.Text("kind") == "HorizontalPodAutoscaler" && it.Text("metadata", "name") == name))
        {
            Assert.Equal((kind, name), (scaler.Text("spec", "scaleTargetRef", "kind"), scaler.Text("spec", "scaleTargetRef", "name")));
            // Both would set the number.
            Assert.Null(workload.At("spec", "replicas"));
        }

        var ports = Ports(Container(name, kind));
        var services = Manifest.Documents().Where(it => it.Text("kind") == "Service" && it.Text("spec", "selector", "app") == name).ToArray();
        Assert.NotEmpty(services);
        Assert.All(services.SelectMany(it => it.List("spec", "ports")), port => Assert.Contains(port.Text("targetPort")!, ports.Keys));
    }

    [Fact]
    public async Task What_all_are_told_is_known_to_one_of_them_and_names_services_that_exist()
    {
        var known = new HashSet<string>();
        foreach (var service in Services.Select(row => (string)row[2]))
            known.UnionWith((await ServiceSettings.OfAsync(service, Shared())).Names);
        var places = Manifest.Documents().Where(it => it.Text("kind") == "Service")
            .SelectMany(it => it.List("spec", "ports").Select(port => $"{it.Text("metadata", "name")}:{port.Text("port")}"));

        Assert.Empty(Shared().Keys.Except(known));
        Assert.All(
            Shared().Where(one => one.Key.EndsWith("_ADDRESS", StringComparison.Ordinal) || one.Key.EndsWith("_ENDPOINTS", StringComparison.Ordinal)),
            one => Assert.Contains(one.Value.Replace("http://", "", StringComparison.Ordinal), places));
    }

    [Theory]
    [InlineData("")]
    [InlineData("base")]
    [InlineData("backing")]
    public void Each_file_is_part_of_its_kustomization(string folder) =>
        Assert.Equal(Manifest.Entries(folder), Manifest.Resources(folder).Order(StringComparer.Ordinal));

    [Fact]
    public void Redis_has_each_write_on_disk_before_it_answers()
    {
        var arguments = string.Join(' ', Container("redis", "StatefulSet").List("args").Select(Manifest.Text));

        Assert.Contains("--appendonly yes --appendfsync always", arguments, StringComparison.Ordinal);
    }

    private static YamlNode Container(string name, string kind) =>
        Manifest.The(kind, name).List("spec", "template", "spec", "containers").Single();

    private static IReadOnlyDictionary<string, string> Shared() => Manifest.The("ConfigMap", "pubsub").Map("data");

    private static Dictionary<string, string> Ports(YamlNode container) =>
        container.List("ports").ToDictionary(port => port.Text("name")!, port => port.Text("containerPort")!);

    /// <summary>What the pod's own environment holds, with something in place of what only a cluster knows.</summary>
    private static Dictionary<string, string> Variables(YamlNode container) => container.List("env").ToDictionary(
        one => one.Text("name")!,
        one => one.Text("value") ?? (one.At("valueFrom", "secretKeyRef") is null ? "10.0.0.7" : "redis:6379,password=secret"));

    private static int Number(string? text) => int.Parse(text!, CultureInfo.InvariantCulture);
}
