using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.BizServer.PushLog;

namespace PubSub.BizServer.Cli;

/// <summary>What the user sees of dead letters.</summary>
internal sealed class DeadLetterReport(TextWriter output, TextWriter errors, bool asJson)
{
    public void List(IReadOnlyList<DeadLetter> letters)
    {
        foreach (var letter in letters)
            output.WriteLine(asJson ? Json(letter, null) : Describe(letter));
        if (letters.Count == 0 && !asJson)
            output.WriteLine("No dead letters.");
    }

    public void Replayed(DeadLetter letter, bool isThere)
    {
        if (asJson)
            output.WriteLine(Json(letter, isThere));
        else if (!isThere)
            errors.WriteLine($"{NameOf(letter)}: somebody else replayed it.");
    }

    public void Summary(int replayed, int found, string? id)
    {
        if (id is not null && found == 0)
            errors.WriteLine($"No dead letter has the message id {id}.");
        else if (!asJson)
            output.WriteLine($"{replayed} of {found} put back into the push log.");
    }

    private static string Describe(DeadLetter letter) => string.Create(
        CultureInfo.InvariantCulture, $"{NameOf(letter)}: {letter.Job?.Channel ?? "?"}, since {letter.BuriedAt:yyyy-MM-ddTHH:mm:ssZ}: {letter.Reason}");

    private static string NameOf(DeadLetter letter) => letter.Job?.MessageId ?? letter.LogId;

    private static string Json(DeadLetter letter, bool? replayed) => JsonSerializer.Serialize(
        new DeadLetterLine(
            letter.Job?.MessageId, letter.Job?.Channel, letter.Reason, letter.BuriedAt.UtcDateTime,
            letter.Job is { } job ? DateTimeOffset.FromUnixTimeMilliseconds(job.AcceptedAt).UtcDateTime : null,
            letter.Job?.Sender?.UserId, letter.Job?.Content?.Data, replayed),
        DeadLetterJson.Default.DeadLetterLine);
}

/// <summary>One dead letter as a line of <c>--json</c>.</summary>
internal sealed record DeadLetterLine(
    string? MessageId, string? Channel, string Reason, DateTime BuriedAt, DateTime? AcceptedAt, string? UserId, string? Data, bool? Replayed);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeadLetterLine))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
