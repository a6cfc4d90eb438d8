namespace Grpc.Net.ClientFactory.Internal;

/// <summary>The name a client has when none is given: its type's, without namespace and outer types.</summary>
internal static class ClientName
{
    public static string Of(Type type)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        var plain = type.Name.Split('`')[0];
        return $"{plain}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }
}
