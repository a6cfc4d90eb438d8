using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;

namespace PubSub.ServiceDefaults.Settings;

/// <summary>The questions that every service answers about its settings instead of starting.</summary>
internal static class ConfigCommands
{
    public const int Ok = 0;
    public const int WrongSetting = 2;

    /// <summary>The exit code if the arguments ask about settings or a setting is wrong; null to go on and start.</summary>
    public static int? Run(
        string service, IReadOnlyList<string> args, SettingsCatalog catalog, IServiceProvider services,
        TextWriter output, TextWriter errors)
    {
        var command = args.FirstOrDefault(IsCommand);
        if (command is "--print-config=markdown")
        {
            // The reference page is about the program, not about this machine's values: it needs no valid settings.
            output.Write(Markdown(service, catalog));
            return Ok;
        }

        var faults = catalog.Faults(services);
        foreach (var fault in faults)
            errors.WriteLine($"{service}: {fault}");

        if (faults.Count > 0)
            return WrongSetting;

        switch (command)
        {
            case null:
                return null;
            case "--check-config":
                output.WriteLine($"{service}: settings are valid");
                return Ok;
            case "--print-config":
                output.Write(Table(catalog, services));
                return Ok;
            default:
                errors.WriteLine($"{service}: {command} is not known; there are --check-config, --print-config and --print-config=markdown");
                return WrongSetting;
        }
    }

    /// <summary>
    /// The command line's configuration takes an argument without a value as the name of the next one's: a command in
    /// front would swallow a setting.
    /// </summary>
    public static void KeepOutOfConfiguration(IConfigurationManager configuration)
    {
        for (var i = 0; i < configuration.Sources.Count; i++)
        {
            if (configuration.Sources[i] is not CommandLineConfigurationSource { Args: { } args } source || !args.Any(IsCommand))
                continue;
            configuration.Sources[i] = new CommandLineConfigurationSource
            {
                Args = [.. args.Where(arg => !IsCommand(arg))],
                SwitchMappings = source.SwitchMappings,
            };
        }
    }

    private static bool IsCommand(string argument) =>
        argument is "--check-config" || argument.StartsWith("--print-config", StringComparison.Ordinal);

    private static string Table(SettingsCatalog catalog, IServiceProvider services)
    {
        List<string[]> rows = [["SETTING", "ENVIRONMENT", "VALUE", "DEFAULT", "DESCRIPTION"]];
        foreach (var group in catalog.Groups)
        {
            var current = group.Current(services);
            rows.AddRange(group.Settings.Select(setting => new[]
            {
                setting.Key, setting.EnvironmentVariable ?? "-", OrDash(setting.ShowValueOf(current)),
                OrDash(group.DefaultOf(setting)), setting.Description,
            }));
        }

        var widths = Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var table = new StringBuilder();
        foreach (var row in rows)
        {
            for (var column = 0; column < widths.Length; column++)
                table.Append(row[column].PadRight(widths[column] + 2));

            table.Append(row[^1]).AppendLine();
        }

        return table.ToString();
    }

    private static string Markdown(string service, SettingsCatalog catalog)
    {
        var page = new StringBuilder();
        page.Append("## ").Append(service).Append("\n\n");
        page.Append("| environment | appsettings | default | allowed | what it does |\n|---|---|---|---|---|\n");
        foreach (var group in catalog.Groups)
        {
            foreach (var setting in group.Settings)
            {
                var variable = setting.EnvironmentVariable is { } name ? $"`{name}`" : "";
                page.Append("| ").Append(variable)
                    .Append(" | `").Append(setting.Key)
                    .Append("` | ").Append(Cell(group.DefaultOf(setting)))
                    .Append(" | ").Append(Cell(setting.Allowed))
                    .Append(" | ").Append(Cell(setting.Description)).Append(" |\n");
            }
        }

        return page.Append('\n').ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string OrDash(string text) => text.Length == 0 ? "-" : text;
}
