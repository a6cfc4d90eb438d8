using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

public abstract class Resource(string name) : IResource
{
    public virtual string Name { get; } = ResourceName.Checked(name);

    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

public interface IResourceCollection : IList<IResource>;

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection;

public class DistributedApplicationModel(IResourceCollection resources)
{
    public IResourceCollection Resources { get; } = resources;
}

internal static class ResourceName
{
    private const int MaxLength = 64;

    /// <summary>Names go into host names and variables, so the real package's rules hold here too.</summary>
    public static string Checked(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var fits = name.Length <= MaxLength && char.IsAsciiLetter(name[0]) && name[^1] != '-'
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')
            && !name.Contains("--", StringComparison.Ordinal);
        return fits ? name : throw new ArgumentException(
            $"Resource name '{name}' is invalid: it begins with a letter and has at most {MaxLength} letters, digits and single hyphens.",
            nameof(name));
    }
}
