using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Brings the connection string, and its parts as variables of their own.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null, bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithEnvironment(context =>
        {
            var variable = resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}";
            context.EnvironmentVariables[variable] = new ConnectionStringReference(resource, optional);
            foreach (var (property, value) in resource.GetConnectionProperties())
                context.EnvironmentVariables[$"{Encoded(name)}_{property}".ToUpperInvariant()] = value;
        });
    }

    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment =>
        builder.WithEnvironment(context => Introduce(context, source.Resource, source.Resource.GetEndpoints()));

    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment =>
        builder.WithEnvironment(context => Introduce(context, endpointReference.Resource, [endpointReference]));

    private static void Introduce(
        EnvironmentCallbackContext context, IResourceWithEndpoints service, IEnumerable<EndpointReference> endpoints)
    {
        var variables = context.EnvironmentVariables;
        foreach (var endpoint in endpoints)
        {
            variables[$"{Encoded(service.Name)}_{Encoded(endpoint.EndpointName)}".ToUpperInvariant()] = endpoint;
            var index = 0;
            while (!variables.TryAdd($"services__{service.Name}__{endpoint.Scheme}__{index}", endpoint))
                index++;
        }
    }

    private static string Encoded(string name) =>
        string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
}
