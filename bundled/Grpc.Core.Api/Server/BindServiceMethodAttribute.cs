using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>Tells a server which static method lists the methods of a generated service base class.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute : Attribute
{
    // Server and reflection look these up at run time, so trimming has to keep them.
    private const DynamicallyAccessedMemberTypes Kept =
        DynamicallyAccessedMemberTypes.PublicMethods
        | DynamicallyAccessedMemberTypes.NonPublicMethods
        | DynamicallyAccessedMemberTypes.PublicProperties;

    public BindServiceMethodAttribute([DynamicallyAccessedMembers(Kept)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    [DynamicallyAccessedMembers(Kept)]
    public Type BindType { get; }

    public string BindMethodName { get; }
}
