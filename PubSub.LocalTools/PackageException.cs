namespace PubSub.LocalTools;

/// <summary>A package of the distribution could not be had.</summary>
internal sealed class PackageException(string message) : Exception(message);
