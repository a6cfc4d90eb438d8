using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PubSub.Tests.Bundled;

/// <summary>A type, or a member with its exact signature, that one assembly uses of a bundled one.</summary>
internal sealed record BundledReference(string Assembly, string Type, string? Member, string Signature)
{
    public override string ToString() =>
        Member is null ? $"{Assembly} | {Type}" : $"{Assembly} | {Type}.{Member}{Signature}";
}

/// <summary>Reads from the metadata of an assembly what it uses of others: the bundled ones, unless told which.</summary>
internal static class BundledReferences
{
    public static IReadOnlyList<BundledReference> In(string file) => In(file, BundledAssemblies.Names);

    public static IReadOnlyList<BundledReference> In(string file, IReadOnlySet<string> assemblies)
    {
        using var image = new PEReader(File.OpenRead(file));
        if (!image.HasMetadata)
            return [];

        var reader = image.GetMetadataReader();
        var types = reader.TypeReferences
            .Select(handle => (Assembly: AssemblyOf(reader, handle), Type: SignatureText.NameOf(reader, handle)))
            .Where(type => assemblies.Contains(type.Assembly))
            .Select(type => new BundledReference(type.Assembly, type.Type, null, ""));
        var members = reader.MemberReferences.Select(handle => Read(reader, handle, assemblies)).OfType<BundledReference>();
        return [.. types.Concat(members).Distinct().OrderBy(reference => reference.ToString(), StringComparer.Ordinal)];
    }

    private static BundledReference? Read(MetadataReader reader, MemberReferenceHandle handle, IReadOnlySet<string> assemblies)
    {
        var member = reader.GetMemberReference(handle);
        if (TypeOf(reader, member.Parent) is not { } type || !assemblies.Contains(AssemblyOf(reader, type)))
            return null;

        var signature = member.GetKind() == MemberReferenceKind.Method
            ? SignatureText.Of(member.DecodeMethodSignature(SignatureText.Instance, null))
            : " : " + member.DecodeFieldSignature(SignatureText.Instance, null);
        return new BundledReference(
            AssemblyOf(reader, type), SignatureText.NameOf(reader, type), reader.GetString(member.Name), signature);
    }

    /// <summary>The type that is meant, without the arguments of a generic one; null for what is no named type elsewhere.</summary>
    private static TypeReferenceHandle? TypeOf(MetadataReader reader, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            var blob = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                return null;

            blob.ReadByte();
            parent = blob.ReadTypeHandle();
        }

        return parent.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)parent : null;
    }

    private static string AssemblyOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => AssemblyOf(reader, (TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            _ => "",
        };
    }
}
