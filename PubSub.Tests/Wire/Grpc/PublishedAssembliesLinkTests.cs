using System.Reflection;
using System.Runtime.CompilerServices;
using PubSub.Tests.Bundled;

namespace PubSub.Tests.Wire.Grpc;

/// <summary>
/// The published client and server were compiled against the real Grpc.Core.Api. Whatever they ask of a stand-in has to
/// be there exactly so; otherwise some path would die with MissingMethodException when it is first taken.
/// </summary>
public sealed class PublishedAssembliesLinkTests
{
    public static TheoryData<string> Published => ["Grpc.Net.Client", "Grpc.AspNetCore.Server"];

    public static TheoryData<string> Users => [.. UserNames];

    private static IEnumerable<string> UserNames =>
        Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => BundledReferences.In(file).Count > 0)
            .Select(file => Path.GetFileNameWithoutExtension(file));

    [Theory]
    [MemberData(nameof(Users))]
    public void Every_reference_into_a_stand_in_resolves(string user)
    {
        var missing = BundledReferences.In(BundledAssemblies.PathOf(user))
            .GroupBy(reference => reference.Assembly)
            .Where(group => !ShowsItsInternalsTo(user, group.Key))
            .SelectMany(group =>
            {
                var surface = AssemblySurface.Of(BundledAssemblies.PathOf(group.Key));
                return group.Where(reference => !surface.Has(reference));
            })
            .Select(reference => reference.ToString())
            .ToArray();

        Assert.True(missing.Length == 0, $"{user} uses what is not there:\n{string.Join('\n', missing)}");
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void The_users_include_the_published_assemblies(string assembly)
    {
        Assert.Contains(assembly, UserNames);
        Assert.StartsWith("2.85.0", InformationalVersion(assembly), StringComparison.Ordinal);
    }

    /// <summary>Loading a type fails when a base class asks for a method that the derived one does not have.</summary>
    [Theory]
    [MemberData(nameof(Published))]
    public void Every_type_of_a_published_assembly_loads(string assembly) =>
        Assert.NotEmpty(Assembly.Load(assembly).GetTypes());

    /// <summary>An override whose base method is missing loads well, and is then never called.</summary>
    [Theory]
    [MemberData(nameof(Published))]
    public void Every_override_of_a_published_assembly_overrides_something(string assembly)
    {
        const BindingFlags own = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var orphans = Assembly.Load(assembly).GetTypes()
            .Where(type => !type.IsInterface)
            .SelectMany(type => type.GetMethods(own))
            .Where(method => method.IsVirtual && (method.Attributes & MethodAttributes.NewSlot) == 0)
            .Where(method => method.GetBaseDefinition().DeclaringType == method.DeclaringType)
            .Select(method => $"{method.DeclaringType}.{method.Name}");

        Assert.Empty(orphans);
    }

    // Parts of this repository among themselves, which are compiled together.
    private static bool ShowsItsInternalsTo(string user, string standIn) => Assembly.Load(standIn)
        .GetCustomAttributes<InternalsVisibleToAttribute>()
        .Any(friend => friend.AssemblyName.Split(',')[0] == user);

    private static string InformationalVersion(string assembly) =>
        Assembly.Load(assembly).GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
