using System.Reflection;

namespace PubSub.ServiceDefaults;

internal static class ServiceVersion
{
    /// <summary>Version of the program, without the source revision that the build appends.</summary>
    public static readonly string Current =
        (Assembly.GetEntryAssembly() ?? typeof(ServiceVersion).Assembly)
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
