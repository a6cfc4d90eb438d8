using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace PubSub.PushManager.Doors;

/// <summary>What the doors over HTTP have in common: JSON comes in and goes out, a refusal is problem details.</summary>
internal static class HttpDesk
{
    public static async Task<IResult> AnswerAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return Results.Ok(await answer());
        }
        catch (RpcException refusal)
        {
            return Results.Problem(refusal.Status.Detail, statusCode: ToHttp(refusal.StatusCode), title: refusal.StatusCode.ToString());
        }
        catch (BadHttpRequestException refusal)
        {
            return Results.Problem(refusal.Message, statusCode: refusal.StatusCode);
        }
    }

    /// <param name="http">The request.</param>
    /// <param name="type">What its body is.</param>
    /// <param name="maxBytes">Of the body.</param>
    /// <param name="wanted">Completes "The body is null: send".</param>
    /// <param name="complaint">What is wrong with a body that is something else.</param>
    /// <exception cref="BadHttpRequestException">There is no such body.</exception>
    public static async Task<T> ReadAsync<T>(
        HttpContext http, JsonTypeInfo<T> type, long maxBytes, string wanted, Func<JsonException, string> complaint)
    {
        if (!http.Request.HasJsonContentType())
            throw new BadHttpRequestException("The body is not JSON: send Content-Type: application/json.", StatusCodes.Status415UnsupportedMediaType);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = maxBytes;
        try
        {
            return await http.Request.ReadFromJsonAsync(type, http.RequestAborted)
                ?? throw new BadHttpRequestException($"The body is null: send {wanted}.");
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException(complaint(wrong), wrong);
        }
    }

    private static int ToHttp(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
