using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Runs the callbacks that say with which variables and arguments a resource starts.</summary>
internal static class Configuration
{
    public static async Task<Dictionary<string, object>> EnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(execution, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await annotation.Callback(context);
        return context.EnvironmentVariables;
    }

    public static async Task<IList<object>> ArgumentsAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = execution };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
            await annotation.Callback(context);
        return context.Args;
    }

    /// <summary>The value as it is while the application runs; null is left out.</summary>
    public static async Task<string?> ValueAsync(object value, CancellationToken cancellationToken) =>
        value is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : value.ToString();

    public static bool IsSecret(object value) => value switch
    {
        ParameterResource parameter => parameter.Secret,
        // Where something is, is no secret, and its resource's connection string would lead back here.
        EndpointReference or EndpointReferenceExpression => false,
        IResourceWithConnectionString resource => IsSecret(resource.ConnectionStringExpression),
        IValueWithReferences references => references.References.Any(IsSecret),
        _ => false,
    };
}
