using System.Runtime.InteropServices;

namespace PubSub.LocalTools;

/// <summary>A program of others that development and tests run: how it is called and which packages bring it.</summary>
public sealed class LocalTool
{
    public static LocalTool Redis { get; } = new("redis-server", "PUBSUB_REDIS_SERVER")
    {
        Packages = ["redis-server", "redis-tools"],
        Unpacked = ["usr/bin/redis-server"],
    };

    public static LocalTool Etcd { get; } = new("etcd", "PUBSUB_ETCD")
    {
        Packages = ["etcd-server"],
        Unpacked = ["usr/bin/etcd"],
    };

    public static LocalTool EtcdCtl { get; } = new("etcdctl", "PUBSUB_ETCDCTL")
    {
        Packages = ["etcd-client"],
        Unpacked = ["usr/bin/etcdctl"],
        Check = ["version"],
    };

    public static LocalTool Promtool { get; } = new("promtool", "PUBSUB_PROMTOOL")
    {
        Packages = ["prometheus"],
        Unpacked = ["usr/bin/promtool"],
    };

    /// <summary>A Kafka client on the command line, and with it librdkafka.</summary>
    public static LocalTool Kcat { get; } = new("kcat", "PUBSUB_KCAT")
    {
        Packages = ["kcat", "librdkafka1"],
        Unpacked = ["usr/bin/kcat"],
        Check = ["-V"],
    };

    /// <summary>A Python 3 that can <c>import grpc</c>.</summary>
    public static LocalTool Python3WithGrpc { get; } = new("python3", "PUBSUB_PYTHON3")
    {
        Description = "python3 with grpcio",
        Packages = ["python3-grpcio"],
        Unpacked = ["usr/bin/python3", "/usr/bin/python3"],
        Check = ["-c", "import grpc"],
        Environment = root => new Dictionary<string, string>
        {
            ["PYTHONPATH"] = Path.Combine(root, "usr/lib/python3/dist-packages"),
        },
    };

    public static LocalTool Chromium { get; } = new("chromium", "PUBSUB_CHROMIUM")
    {
        OtherNames = ["chromium-browser", "google-chrome"],
        Packages = ["chromium"],
        // Not the wrapper script in usr/bin: it looks for the browser under its installed path.
        Unpacked = ["usr/lib/chromium/chromium"],
    };

    /// <remarks>
    /// Debian's node reads its own modules from fixed places under /usr and so works only when installed. Playwright's
    /// package, which the browser tests use anyway, carries a node for each platform.
    /// </remarks>
    public static LocalTool NodeJs { get; } = new("node", "PUBSUB_NODE")
    {
        OtherNames = ["nodejs"],
        Packages = ["nodejs"],
        InNuGetPackage = ("microsoft.playwright", NodeOfPlaywright()),
        Check = ["-e", "0"],
    };

    public static LocalTool Npm { get; } = new("npm", "PUBSUB_NPM")
    {
        Packages = ["npm"],
        Unpacked = ["usr/share/nodejs/npm/bin/npm-cli.js"],
        Interpreter = NodeJs,
        Environment = root => new Dictionary<string, string> { ["NODE_PATH"] = Path.Combine(root, "usr/share/nodejs") },
    };

    public static IReadOnlyList<LocalTool> All { get; } =
        [Redis, Etcd, EtcdCtl, Promtool, Kcat, Python3WithGrpc, Chromium, NodeJs, Npm];

    internal LocalTool(string name, string variable)
    {
        Name = name;
        Variable = variable;
    }

    /// <summary>The program's name on PATH.</summary>
    public string Name { get; }

    /// <summary>The environment variable that names the program to use instead of a search.</summary>
    public string Variable { get; }

    /// <summary>What people call it; the name unless more must be said.</summary>
    public string Description { get => field ?? Name; init; }

    internal IReadOnlyList<string> OtherNames { get; init; } = [];

    /// <summary>The Debian packages that are unpacked even where they count as installed.</summary>
    internal IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Where the program may lie once unpacked, relative to the unpacked tree; the first that works is taken.</summary>
    internal IReadOnlyList<string> Unpacked { get; init; } = [];

    /// <summary>A NuGet package that carries the program, and where in it; looked at where NuGet keeps its packages.</summary>
    internal (string Package, string File)? InNuGetPackage { get; init; }

    /// <summary>What runs the unpacked program, if that is a script.</summary>
    internal LocalTool? Interpreter { get; init; }

    internal Func<string, IReadOnlyDictionary<string, string>> Environment { get; init; } =
        _ => new Dictionary<string, string>();

    /// <summary>Arguments that make the program prove that it runs (exit code 0) and has what we need.</summary>
    internal IReadOnlyList<string> Check { get; init; } = ["--version"];

    /// <summary>Finds the program, or fetches it. See <see cref="ToolLocator"/> for the order.</summary>
    public Task<ToolCommand> LocateAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        ToolLocator.Default.LocateAsync(this, progress, cancellationToken);

    public override string ToString() => Description;

    private static string NodeOfPlaywright()
    {
        var arm = RuntimeInformation.OSArchitecture == Architecture.Arm64;
        var place = OperatingSystem.IsWindows() ? "win32_x64/node.exe"
            : OperatingSystem.IsMacOS() ? (arm ? "darwin-arm64/node" : "darwin-x64/node")
            : arm ? "linux-arm64/node" : "linux-x64/node";
        return $".playwright/node/{place}";
    }
}
