using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => Configured(builder, name), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        var parameter = new ParameterResource(name, _ => builder.Configuration[$"Parameters:{name}"] ?? value, secret);
        if (publishValueAsDefault)
            parameter.Default = new ConstantParameterDefault(value);
        return builder.AddResource(parameter);
    }

    /// <summary>A connection string that the configuration has: ConnectionStrings:name.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null) =>
        builder.AddResource(new ConnectionStringParameterResource(name, environmentVariableName, () =>
            builder.Configuration.GetConnectionString(name)
            ?? throw new MissingParameterValueException(
                $"Connection string '{name}' is not set: set ConnectionStrings__{name} in the environment, or ConnectionStrings:{name} in appsettings.json.")));

    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder, string name, bool lower = true, bool upper = true, bool numeric = true, bool special = true)
    {
        var generate = new GenerateParameterDefault
        {
            MinLength = 22,
            Lower = lower,
            Upper = upper,
            Numeric = numeric,
            Special = special,
        };
        return new ParameterResource(
            name, standard => builder.Configuration[$"Parameters:{name}"] ?? standard!.GetDefaultValue(), secret: true)
        {
            Default = generate,
        };
    }

    private static string Configured(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration[$"Parameters:{name}"] ?? throw new MissingParameterValueException(
            $"Parameter '{name}' has no value: set Parameters__{name} in the environment, or Parameters:{name} in appsettings.json.");
}

internal sealed class ConnectionStringParameterResource(string name, string? environmentVariable, Func<string> value)
    : ParameterResource(name, _ => value(), secret: true), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{new ParameterResource(Name, _ => value(), secret: true)}");

    public string? ConnectionStringEnvironmentVariable { get; } = environmentVariable;

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new(value());

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => new(value());
}

internal sealed class ConstantParameterDefault(string value) : ParameterDefault
{
    public override string GetDefaultValue() => value;

    public override void WriteToManifest(Publishing.ManifestPublishingContext context) => context.Writer.WriteString("value", value);
}
