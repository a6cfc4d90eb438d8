using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace PubSub.ServiceDefaults;

/// <summary>
/// One line per record: UTC time, level, short category, message, trace id. Text that came from outside cannot start
/// a line of its own; only a stack trace follows, indented.
/// </summary>
internal sealed class LogLines() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(NameOf(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(Short(logEntry.Category));
        textWriter.Write(' ');
        WriteOnOneLine(textWriter, message);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            textWriter.Write(" trace=");
            textWriter.Write(activity.TraceId.ToHexString());
        }

        if (logEntry.Exception is not { } exception)
        {
            textWriter.Write('\n');
        }
        else if (ServiceDefaultsExtensions.IsPortInUse(exception))
        {
            // The operator's matter, not a fault of the program: where it was thrown helps nobody.
            textWriter.Write($": {exception.Message}\n");
        }
        else
        {
            textWriter.Write('\n');
            foreach (var line in exception.ToString().AsSpan().EnumerateLines())
            {
                textWriter.Write("    ");
                textWriter.Write(line);
                textWriter.Write('\n');
            }
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static ReadOnlySpan<char> Short(string category) => category.AsSpan(category.LastIndexOf('.') + 1);

    private static void WriteOnOneLine(TextWriter writer, string message)
    {
        var rest = message.AsSpan();
        while (rest.IndexOfAnyInRange('\0', '\x1f') is var at and >= 0)
        {
            writer.Write(rest[..at]);
            writer.Write(rest[at] switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                var control => $"\\x{(int)control:x2}",
            });
            rest = rest[(at + 1)..];
        }

        writer.Write(rest);
    }
}

internal enum LogFormat
{
    Line,
    Json,
}

internal sealed class LogOptions
{
    public const string Section = "Log";

    [Setting("LOG_LEVEL", "Least level that is logged")]
    public LogLevel Level { get; set; } = LogLevel.Information;

    [Setting("LOG_FORMAT", "One line of text, or of JSON, for each record")]
    public LogFormat Format { get; set; }
}
