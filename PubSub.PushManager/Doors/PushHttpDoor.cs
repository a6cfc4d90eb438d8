using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
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
            "PushToUser", http, (push, content) => DoorInput.ToUser(
                user_id, content, push.MessageId ?? "", ToProto(push.Sender)))),
            "PushToUser", "Pushes to all sessions of a user. Where there are none, the message waits in the user's log.");
        Describe(app.MapPost("/push/all", (Delegate)((HttpContext http) => PushAsync(
            "BroadcastMessage", http, (push, content) => DoorInput.ToAll(content, push.MessageId ?? "", ToProto(push.Sender))))),
            "BroadcastMessage", "Pushes to everybody who is connected.");
    }

    public static IResult Problem(RpcException refusal) =>
        Results.Problem(refusal.Status.Detail, statusCode: ToHttp(refusal.StatusCode), title: refusal.StatusCode.ToString());

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name).WithSummary(summary).WithTags("Push")
        .Accepts<PushJson>("application/json")
        .Produces<PushReplyJson>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> PushAsync(string method, HttpContext http, Func<PushJson, Content?, DoorInput> read)
    {
        var desk = http.RequestServices.GetRequiredService<DoorDesk>();
        try
        {
            return await desk.AnswerAsync(method, async () =>
            {
                var push = await ReadAsync(http);
                var (content, complaint) = push.Content?.ToProto() ?? (null, null);
                var outcome = await desk.PublishAsync(
                    complaint is null ? read(push, content).WithReceiptsTo(push.ReceiptsTo ?? "") : new DoorInput(null, complaint), http.RequestAborted);
                return outcome.Reply is { } reply
                    ? Results.Ok(PushReplyJson.From(reply))
                    : throw Refusal.Of(outcome.Code, outcome.Error);
            });
        }
        catch (RpcException refusal)
        {
            return Problem(refusal);
        }
        catch (BadHttpRequestException refusal)
        {
            return Results.Problem(refusal.Message, statusCode: refusal.StatusCode);
        }
    }

    private static async Task<PushJson> ReadAsync(HttpContext http)
    {
        if (!http.Request.HasJsonContentType())
            throw new BadHttpRequestException("The body is not JSON: send Content-Type: application/json.", StatusCodes.Status415UnsupportedMediaType);

        // Any character may come as an escape of six, so a body of the largest push is at most this long.
        var limits = http.RequestServices.GetRequiredService<IOptions<PublishOptions>>().Value;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = (6L * (limits.MaxBodyBytes + limits.MaxMetadataBytes)) + 16_384;

        try
        {
            return await http.Request.ReadFromJsonAsync(PushJsonContext.Default.PushJson, http.RequestAborted)
                ?? throw new BadHttpRequestException("The body is null: send an object with content.");
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException($"The body is not a push: {wrong.Message}", wrong);
        }
    }

    private static Sender? ToProto(SenderJson? sender) =>
        sender is null ? null : new Sender { UserId = sender.UserId ?? "", UserName = sender.UserName ?? "" };

    private static int ToHttp(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
