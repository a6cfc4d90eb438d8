using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;

namespace PubSub.PushManager.Doors;

/// <summary>What a channel's log holds, over HTTP: the newest messages, or those since a position, page by page.</summary>
internal static class HistoryHttpDoor
{
    private const int DefaultLimit = 100;

    public static void MapHistoryHttp(this WebApplication app) => app
        .MapGet("/history/{channel}", AnswerAsync)
        .WithName("History").WithTags("History")
        .WithSummary("Messages of a channel: room:{id}, user:{id} or all. Without since the newest; with it those after that offset, oldest first. Read on with the offset of the last one.")
        .Produces<HistoryJson>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static Task<IResult> AnswerAsync(string channel, long? since, long? epoch, int? limit, LogReader reader, DoorDesk desk) =>
        HttpDesk.AnswerAsync(() => desk.AnswerAsync(
            "History", async () => HistoryJson.From((await reader.ReadAsync([ToQuery(channel, since, epoch, limit)]))[0])));

    private static LogQuery ToQuery(string text, long? since, long? epoch, int? limit)
    {
        if (!ChannelId.TryParse(text, out var channel, out var complaint))
            throw Refusal.Invalid(complaint);
        if (since < 0)
            throw Refusal.Invalid("since is negative: give the offset of the last message that you have, or 0 for the oldest that is kept.");
        if (epoch < 0 || (epoch > 0 && since is null))
            throw Refusal.Invalid("epoch goes with since: give both as the last message had them.");
        if (limit is < 1 or > LogReader.MaxMessages)
            throw Refusal.Invalid($"limit is not between 1 and {LogReader.MaxMessages}.");
        return new LogQuery(channel, new ChannelPosition(epoch ?? 0, since ?? 0), limit ?? DefaultLimit, FromEnd: since is null);
    }
}
