using System.Reflection;
using System.Runtime.InteropServices;

namespace PubSub.ServiceDefaults;

/// <summary>
/// Finds librdkafka where the package of Confluent.Kafka brings none: as it was set, or as the system has it. The package is
/// known by the client that is asked for: whoever shares the defaults need not refer to it.
/// </summary>
public static class KafkaLibrary
{
    private const string Name = "librdkafka";
    private const string Installed = "librdkafka.so.1";

    private static readonly Lock Once = new();
    private static bool _isSet;

    /// <param name="path">KAFKA_LIBRARY; may be empty.</param>
    /// <param name="build">Makes a client.</param>
    /// <typeparam name="T">A client's type of Confluent.Kafka.</typeparam>
    public static T Use<T>(string path, Func<T> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        SetResolver(typeof(T).Assembly, path);
        try
        {
            return build();
        }
        catch (Exception missing) when (missing is DllNotFoundException or TypeInitializationException)
        {
            throw new InvalidOperationException(
                "PUSH_LOG=kafka needs librdkafka. Install it (Debian and Ubuntu: librdkafka1), set KAFKA_LIBRARY to its file, or build with -p:Bundled=none.",
                missing);
        }
    }

    private static void SetResolver(Assembly package, string path)
    {
        lock (Once)
        {
            if (_isSet)
                return;
            _isSet = true;
            try
            {
                NativeLibrary.SetDllImportResolver(package, (name, assembly, search) => Resolve(name, path, assembly, search));
            }
            catch (InvalidOperationException)
            {
                // Somebody else in this process set one for the same purpose.
            }
        }
    }

    private static nint Resolve(string name, string path, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Name)
            return 0;
        if (path.Length > 0)
            return NativeLibrary.Load(path);
        return NativeLibrary.TryLoad(name, assembly, search, out var brought) || NativeLibrary.TryLoad(Installed, out brought) ? brought : 0;
    }
}
