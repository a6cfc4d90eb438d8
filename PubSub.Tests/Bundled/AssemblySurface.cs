using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PubSub.Tests.Bundled;

/// <summary>What another assembly can use of one: its visible types and their members with exact signatures.</summary>
internal sealed class AssemblySurface
{
    private readonly HashSet<string> _entries = [];

    private AssemblySurface(MetadataReader reader)
    {
        foreach (var handle in reader.TypeDefinitions.Where(handle => IsVisible(reader, handle)))
            Add(reader, handle);
    }

    public static AssemblySurface Of(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        return new AssemblySurface(image.GetMetadataReader());
    }

    public bool Has(BundledReference reference) =>
        _entries.Contains(reference.Type + (reference.Member is null ? "" : $".{reference.Member}{reference.Signature}"));

    private void Add(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = SignatureText.NameOf(reader, handle);
        _entries.Add(name);
        foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
        {
            if ((method.Attributes & MethodAttributes.MemberAccessMask)
                is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem)
            {
                var signature = method.DecodeSignature(SignatureText.Instance, null);
                _entries.Add($"{name}.{reader.GetString(method.Name)}{SignatureText.Of(signature)}");
            }
        }

        foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
        {
            if ((field.Attributes & FieldAttributes.FieldAccessMask)
                is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem)
            {
                var signature = field.DecodeSignature(SignatureText.Instance, null);
                _entries.Add($"{name}.{reader.GetString(field.Name)} : {signature}");
            }
        }
    }

    private static bool IsVisible(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
                IsVisible(reader, type.GetDeclaringType()),
            _ => false,
        };
    }
}
