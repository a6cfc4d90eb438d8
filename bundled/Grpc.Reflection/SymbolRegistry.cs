using System.Runtime.InteropServices;
using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>Finds the file in which something is declared, among given files and all that they import.</summary>
public class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _byName = [];
    private readonly Dictionary<string, FileDescriptor> _bySymbol = [];

    // Every message has an entry, so that one without extensions is not taken for an unknown name.
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = [];

    private SymbolRegistry()
    {
    }

    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> fileDescriptors)
    {
        ArgumentNullException.ThrowIfNull(fileDescriptors);
        var registry = new SymbolRegistry();
        foreach (var file in fileDescriptors)
        {
            registry.Add(file);
        }

        return registry;
    }

    public FileDescriptor? FileByName(string filename) => _byName.GetValueOrDefault(filename);

    public FileDescriptor? FileContainingSymbol(string symbol) => _bySymbol.GetValueOrDefault(symbol);

    internal FileDescriptor? FileContainingExtension(string message, int number) =>
        _extensions.GetValueOrDefault(message)?.GetValueOrDefault(number);

    /// <summary>The numbers of a message's extensions, or null for a name that is no message here.</summary>
    internal IEnumerable<int>? ExtensionNumbers(string message) => _extensions.GetValueOrDefault(message)?.Keys;

    private void Add(FileDescriptor file)
    {
        if (!_byName.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var import in file.Dependencies)
        {
            Add(import);
        }

        foreach (var message in file.MessageTypes)
        {
            Add(message);
        }

        foreach (var enumeration in file.EnumTypes)
        {
            Add(enumeration);
        }

        foreach (var service in file.Services)
        {
            Add(service.FullName, file);
            foreach (var method in service.Methods)
            {
                Add(method.FullName, file);
            }
        }

        foreach (var extension in file.Extensions.UnorderedExtensions)
        {
            Add(extension);
        }
    }

    private void Add(MessageDescriptor message)
    {
        Add(message.FullName, message.File);
        ExtensionsOf(message);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            Add(field.FullName, message.File);
        }

        foreach (var oneof in message.Oneofs)
        {
            Add(oneof.FullName, message.File);
        }

        foreach (var nested in message.NestedTypes)
        {
            Add(nested);
        }

        foreach (var enumeration in message.EnumTypes)
        {
            Add(enumeration);
        }

        foreach (var extension in message.Extensions.UnorderedExtensions)
        {
            Add(extension);
        }
    }

    /// <summary>The values of an enum are named in the scope around the enum, not inside it.</summary>
    private void Add(EnumDescriptor enumeration)
    {
        Add(enumeration.FullName, enumeration.File);
        var scope = enumeration.FullName[..^enumeration.Name.Length];
        foreach (var value in enumeration.Values)
        {
            Add(scope + value.Name, enumeration.File);
        }
    }

    private void Add(FieldDescriptor extension)
    {
        Add(extension.FullName, extension.File);
        ExtensionsOf(extension.ExtendeeType)[extension.FieldNumber] = extension.File;
    }

    private SortedDictionary<int, FileDescriptor> ExtensionsOf(MessageDescriptor message) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_extensions, message.FullName, out _) ??= [];

    private void Add(string symbol, FileDescriptor file) => _bySymbol[symbol] = file;
}
