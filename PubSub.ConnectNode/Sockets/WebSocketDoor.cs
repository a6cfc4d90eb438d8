using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets;

/// <summary>
/// <c>/ws</c>: takes a request over from Kestrel, down to its transport, and keeps it for the life of the session. The
/// answer goes the same way as every later frame, so that no byte of ours can pass another; for that reason Kestrel's
/// own upgrade is not used. When the session is over the connection is aborted, which tells Kestrel that nothing more
/// is to be written to it.
/// </summary>
internal sealed class WebSocketDoor(
    AdmissionGate gate, TokenCheck tokens, SessionTable sessions, SessionEntry entry, SessionCommands commands, Inbox inbox,
    OutboxGauge outbox, NodeMetrics metrics, IOptions<NodeOptions> options, TimeProvider time)
{
    private readonly NodeOptions _options = options.Value;
    private readonly string[] _origins = options.Value.AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    private readonly Func<long> _clock = () => time.GetTimestamp() * 1000 / time.TimestampFrequency;

    public async Task HandleAsync(HttpContext context)
    {
        var handshake = WebSocketHandshake.Read(context.Request);
        if (!handshake.IsGood)
        {
            await RefuseAsync(context, handshake.Status, handshake.Problem, "handshake");
            return;
        }

        if (!IsOriginAllowed(context.Request.Headers.Origin.ToString()))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "Pages of this Origin may not connect (ALLOWED_ORIGINS).", "origin");
            return;
        }

        var caller = Caller.Read(context.Request.Query, tokens);
        if (caller.Problem.Length > 0)
        {
            await RefuseAsync(context, caller.Status, caller.Problem, "caller");
            return;
        }

        if (gate.Refusal() is { } refusal)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, refusal.Text, refusal.Reason);
            return;
        }

        if (context.Features.Get<IConnectionTransportFeature>() is not { } transport)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "This connection cannot be taken over.", "transport");
            return;
        }

        await ServeAsync(context, transport, handshake, caller);
    }

    private async Task ServeAsync(HttpContext context, IConnectionTransportFeature transport, WebSocketHandshake handshake, Caller caller)
    {
        var isPlain = context.Features.Get<ITlsConnectionFeature>() is null;
        using FrameSink sink = isPlain && context.Features.Get<IConnectionSocketFeature>() is { } plain
            ? new SocketSink(plain.Socket)
            : new PipeSink(transport.Transport.Output);
        var writer = new SessionWriter(new Outbox(_options.OutboxMaxBytes, _options.OutboxMaxFrames, outbox), sink);
        var session = new Session(Guid.CreateVersion7().ToString("N"), handshake.Codec, writer, time.GetUtcNow(), _clock())
        {
            Abort = context.Abort,
            Clock = _clock,
            Expected = caller.Arrival,
        };

        var answer = SharedFrame.Rent();
        answer.Add(handshake.Answer());
        session.TrySend(answer, overCork: true);
        answer.Release();

        sessions.Add(session);
        metrics.Connected();
        var entering = caller is { Arrival: { } arrival, Resumes: false } ? entry.EnterAsync(session, arrival, "", []) : Task.CompletedTask;
        using var reader = new SessionReader(transport.Transport.Input, session, commands, metrics, _options.MaxFrameBytes);
        var reason = DisconnectReason.InternalError;
        try
        {
            reason = await reader.RunAsync();
            if (reason == DisconnectReason.ClientClosed)
                await inbox.CloseAsync(session);
            await FinishAsync(session, sink, reader, reason);
        }
        finally
        {
            session.End(reason);
            entry.Leave(session, session.EndReason ?? reason);
            context.Abort();
        }

        await entering;
    }

    /// <summary>The closing handshake, from whichever side it began.</summary>
    private static async Task FinishAsync(Session session, FrameSink sink, SessionReader reader, DisconnectReason reason)
    {
        session.End(reason);
        if (reason == DisconnectReason.ConnectionLost)
            return;

        // The peer may take its time to read what is left, for as long as the sweep lets it.
        await session.Writer.Ended;
        sink.Finish();
        await reader.DiscardAsync();
    }

    private bool IsOriginAllowed(string origin) =>
        _origins.Length == 0 || origin.Length == 0 || _origins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    private Task RefuseAsync(HttpContext context, int status, string detail, string reason)
    {
        metrics.Refused(reason);
        if (status == StatusCodes.Status426UpgradeRequired)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketVersion = "13";
        }

        return TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
    }
}
