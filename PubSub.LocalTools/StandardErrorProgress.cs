namespace PubSub.LocalTools;

internal sealed class StandardErrorProgress : IProgress<string>
{
    public static StandardErrorProgress Instance { get; } = new();

    public void Report(string value) => Console.Error.WriteLine(value);
}
