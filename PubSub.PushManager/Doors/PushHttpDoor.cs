using System.Text.Json;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Publishing;

namespace PubSub.PushManager.Doors;

/// <summary>
/// The push API for those without gRPC: the same fields as JSON, errors as problem details, described by
/// <c>/openapi/v1.json</c>.
/// </summary>
internal static class PushHttpDoor
{
    public static void AddPushHttp(this IServiceCollection services)
    {
        services.AddOpenApi();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(static json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, PushJsonContext.Default);
        });
    }

    public static void MapPushHttp(this WebApplication app)
    {
        app.MapOpenApi();
        Describe(app.MapPost("/push/room/{room_id}", (HttpContext http, string room_id) => PushAsync(
            "PushToRoom", http, (push, content) => DoorInput.ToRoom(room_id, content, push.MessageId ?? "", ToProto(push.Sender)))),
            "PushToRoom", "Pushes to everybody in a room.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        Describe(app.MapPost("/push/user/{user_id}", (HttpContext http, string user_id) => PushAsync(
            "PushToUser", http, (push, content) => DoorInput.ToUser(user_id, content, push.MessageId ?? "", ToProto(push.Sender)))),
            "PushToUser", "Pushes to all sessions of a user. Where there are none, the message waits in the user's log.");
        Describe(app.MapPost("/push/all", (Delegate)((HttpContext http) => PushAsync(
            "BroadcastMessage", http, (push, content) => DoorInput.ToAll(content, push.MessageId ?? "", ToProto(push.Sender))))),
            "BroadcastMessage", "Pushes to everybody who is connected.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name).WithSummary(summary).WithTags("Push")
        .Accepts<PushJson>("application/json")
        .Produces<PushReplyJson>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static Task<IResult> PushAsync(string method, HttpContext http, Func<PushJson, Content?, DoorInput> read)
    {
        var desk = http.RequestServices.GetRequiredService<DoorDesk>();
        return HttpDesk.AnswerAsync(() => desk.AnswerAsync(method, async () =>
        {
            var push = await ReadAsync(http);
            var (content, complaint) = push.Content?.ToProto() ?? (null, null);
            var outcome = await desk.PublishAsync(
                complaint is null ? read(push, content).WithReceiptsTo(push.ReceiptsTo ?? "") : new DoorInput(null, complaint), http.RequestAborted);
            return outcome.Reply is { } reply ? PushReplyJson.From(reply) : throw Refusal.Of(outcome.Code, outcome.Error);
        }));
    }

    private static Task<PushJson> ReadAsync(HttpContext http)
    {
        // Any character may come as an escape of six, so a body of the largest push is at most this long.
        var limits = http.RequestServices.GetRequiredService<IOptions<PublishOptions>>().Value;
        return HttpDesk.ReadAsync(
            http, PushJsonContext.Default.PushJson, (6L * (limits.MaxBodyBytes + limits.MaxMetadataBytes)) + 16_384,
            "an object with content", static wrong => $"The body is not a push: {wrong.Message}");
    }

    private static Sender? ToProto(SenderJson? sender) =>
        sender is null ? null : new Sender { UserId = sender.UserId ?? "", UserName = sender.UserName ?? "" };
}
