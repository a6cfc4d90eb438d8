namespace Aspire.Dashboard.Telemetry;

/// <summary>An attribute of a span, a log or a series, its value as people read it.</summary>
internal readonly record struct Tag(string Key, string Value);

/// <summary>The process that sent something.</summary>
/// <param name="Service">service.name.</param>
/// <param name="Instance">service.instance.id; empty where it says none.</param>
/// <param name="Tags">Everything else that it says of itself.</param>
internal sealed record TelemetrySource(string Service, string Instance, IReadOnlyList<Tag> Tags);
