using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.BizServer.Logic;

/// <summary>
/// POST /logic/send: messages of a user to a room. 202 means that the push log has all of them, or on the direct path
/// that a push manager accepted them; any other answer is a problem that says what to do.
/// </summary>
internal sealed class SendDoor(ISendPath path, IOptions<LogicOptions> options)
{
    public async Task<IResult> SendAsync(HttpContext http)
    {
        SendRequest request;
        try
        {
            request = await ReadAsync(http.Request, http.RequestAborted);
        }
        catch (BadHttpRequestException refusal)
        {
            return Results.Problem(refusal.Message, statusCode: refusal.StatusCode);
        }

        if (Complaint(request) is { } complaint)
            return Results.Problem(complaint, statusCode: StatusCodes.Status400BadRequest);

        var outcomes = await ForwardAsync([.. request.Messages!.Select(message => ToPush(request, message!))], http.RequestAborted);
        return outcomes.FirstOrDefault(outcome => outcome.Code != 0) is { } refused
            ? Results.Problem(refused.Error, statusCode: ToHttp((StatusCode)refused.Code), title: ((StatusCode)refused.Code).ToString(),
                extensions: [new("acceptedMessageIds", outcomes.Where(outcome => outcome.Code == 0).Select(outcome => outcome.Reply.MessageId).ToArray())])
            : Results.Json(new SendReply([.. outcomes.Select(outcome => outcome.Reply.MessageId)], path.Name), SendJson.Default.SendReply, statusCode: StatusCodes.Status202Accepted);
    }

    private async Task<IReadOnlyList<PushOutcome>> ForwardAsync(IReadOnlyList<Push> pushes, CancellationToken cancellationToken)
    {
        using var span = LogicMetrics.Spans.StartActivity("logic_forward");
        span?.SetTag("pubsub.channel", pushes[0].Channel).SetTag("pubsub.messages", pushes.Count).SetTag("pubsub.path", path.Name);
        return await path.SendAsync(pushes, cancellationToken);
    }

    private static async Task<SendRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new BadHttpRequestException("The body is not JSON: send Content-Type: application/json.", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await request.ReadFromJsonAsync(SendJson.Default.SendRequest, cancellationToken)
                ?? throw new BadHttpRequestException("The body is null: send an object with roomId, userId, userName and messages.");
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException($"The body is not a send request: {wrong.Message}", wrong);
        }
    }

    private string? Complaint(SendRequest request)
    {
        if (IdRules.Complaint("roomId", request.RoomId) is { } aboutRoom)
            return aboutRoom;
        if (IdRules.Complaint("userId", request.UserId) is { } aboutUser)
            return aboutUser;
        if (!string.IsNullOrEmpty(request.UserName) && IdRules.Complaint("userName", request.UserName) is { } aboutName)
            return aboutName;
        if (request.Messages is not { Count: > 0 } messages)
            return "messages is empty: give at least one {\"content\": \"...\"}.";
        if (messages.Count > options.Value.MaxMessages)
            return $"messages has {messages.Count} entries, more than the {options.Value.MaxMessages} of LOGIC_MAX_MESSAGES.";

        for (var i = 0; i < messages.Count; i++)
        {
            if (MessageRules.Complaint($"messages[{i}]", messages[i], options.Value.MaxContentBytes) is { } aboutMessage)
                return aboutMessage;
        }

        return null;
    }

    private static Push ToPush(SendRequest request, SendMessage message) => new()
    {
        Channel = ChannelId.Room(request.RoomId!).Text,
        Content = Content.From(message.Type, message.Content, message.Binary is { Length: > 0 } ? message.Binary : null, message.Metadata, message.Key),
        MessageId = message.Id ?? "",
        Published = message.Published is { } before ? new Position { Epoch = before.Epoch, Offset = before.Offset } : null,
        Sender = new Sender { UserId = request.UserId, UserName = request.UserName ?? "" },
    };

    private static int ToHttp(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
