using System.Security.Cryptography;
using System.Text;

namespace PubSub.Controller.Redis;

/// <summary>One script of a Scripts folder. It runs in one go, on the keys of one hash slot.</summary>
internal sealed class StoreScript
{
    private StoreScript(string name, string text)
    {
        Name = name;
        Text = text;
        // The hash names the script to Redis; nothing is secured by it.
#pragma warning disable CA5350
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    public string Name { get; }

    public string Text { get; }

    public byte[] Hash { get; }

    public static StoreScript Load(string name)
    {
        using var stream = typeof(StoreScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not part of this assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new StoreScript(name, reader.ReadToEnd());
    }
}
