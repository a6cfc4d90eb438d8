using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets;

/// <summary>
/// <c>/ws</c>: takes a request over from Kestrel, down to its transport, and keeps it for the life of the session. The
/// answer goes the same way as every later frame, so that no byte of ours can pass another; for that reason Kestrel's
/// own upgrade is not used. When the session is over the connection is aborted, which tells Kestrel that nothing more
/// is to be written to it.
/// </summary>
internal sealed class WebSocketDoor(
    AdmissionGate gate, TokenCheck tokens, SessionTable sessions, SessionEntry entry, SessionFrames frames, Inbox inbox,
    OutboxGauge outbox, Deflation deflation, NodeMetrics metrics, IOptions<NodeOptions> options, TimeProvider time)
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly NodeOptions _options = options.Value;
    private readonly string[] _origins = options.Value.AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    private readonly Func<long> _clock = () => time.GetTimestamp() * 1000 / time.TimestampFrequency;

    /// <summary>What becomes of the bytes that come in.</summary>
    public SessionFrames Frames => frames;

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

        var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        FrameSink sink = context.Features.Get<ITlsConnectionFeature>() is null && socket is not null
            ? new SocketSink(socket)
            : new PipeSink(transport.Transport.Output, context.Features.Get<ISslStreamFeature>()?.SslStream);
        await ServeAsync(transport.Transport.Input, sink, context.Abort, new WebSocketVisit(handshake, caller));
    }

    /// <summary>Null: there is a reason to refuse, which <see cref="HandleAsync"/> would find and tell.</summary>
    public WebSocketVisit? Welcome(HttpRequest request)
    {
        var handshake = WebSocketHandshake.Read(request);
        if (!handshake.IsGood || !IsOriginAllowed(request.Headers.Origin.ToString()))
            return null;
        var caller = Caller.Read(request.Query, tokens);
        return caller.Problem.Length == 0 && gate.Refusal() is null ? new WebSocketVisit(handshake, caller) : null;
    }

    /// <summary>Answers the handshake, and the session begins.</summary>
    /// <param name="sink">Where its bytes leave.</param>
    /// <param name="visit">Who comes, and how the answer is to be.</param>
    /// <param name="abort">Ends the connection.</param>
    public Session Open(FrameSink sink, WebSocketVisit visit, Action abort)
    {
        var (handshake, caller) = visit;
        var agreement = deflation.Agree(handshake.Extensions);
        var writer = new SessionWriter(new Outbox(_options.OutboxMaxBytes, _options.OutboxMaxFrames, outbox), sink) { Deflate = agreement?.Window };
        var session = new Session(Guid.CreateVersion7().ToString("N"), handshake.Codec, writer, time.GetUtcNow(), _clock())
        {
            Abort = abort,
            Clock = _clock,
            Expected = caller.Arrival,
        };

        var answer = SharedFrame.Rent();
        answer.Add(handshake.Answer(agreement?.Answer ?? ""));
        session.TrySend(answer, overCork: true);
        answer.Release();

        sessions.Add(session);
        metrics.Connected();
        if (caller is { Arrival: { } arrival, Resumes: false })
            _ = EnterAsync(session, arrival);
        return session;
    }

    public void LogFailed(Session session, Exception error) => entry.LogFailed(session, error);

    /// <summary>
    /// Reading has come to its end. Whoever has said goodbye is nobody's member while the closing handshake lasts, from
    /// whichever side that began.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="sink">Goes with it.</param>
    /// <param name="discardAsync">Reads on to the end without looking, so that the close frame is not lost in a reset.</param>
    /// <param name="reason">What ended the reading.</param>
    public async Task EndAsync(Session session, FrameSink sink, Func<Task> discardAsync, DisconnectReason reason)
    {
        try
        {
            if (reason == DisconnectReason.ClientClosed)
                await inbox.CloseAsync(session);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            entry.LogFailed(session, error);
        }

        session.End(reason);
        entry.Leave(session, session.EndReason ?? reason);
        try
        {
            if (reason != DisconnectReason.ConnectionLost)
                await SayGoodbyeAsync(session, sink, discardAsync, reason);
        }
        finally
        {
            session.Abort();
            sink.Dispose();
        }
    }

    private async Task SayGoodbyeAsync(Session session, FrameSink sink, Func<Task> discardAsync, DisconnectReason reason)
    {
        await using var tooLong = time.CreateTimer(static state => ((Action)state!)(), session.Abort, CloseTimeout, Timeout.InfiniteTimeSpan);
        // The peer may take its time to read what is left; an abort before it did could cost it the close frame.
        await session.Writer.Ended;
        sink.Finish();
        // Unless it has answered that one: then there is nothing left that it could miss.
        if (!sink.OutlivesAbort || reason != DisconnectReason.ClientClosed || session.EndReason == DisconnectReason.ClientClosed)
            await discardAsync();
    }

    /// <param name="input">The connection's pipe; reading goes by it.</param>
    /// <param name="sink">Straight into the socket where nothing stands between the two, otherwise by the pipe too.</param>
    /// <param name="abort">Ends the connection.</param>
    /// <param name="visit">Who comes, and how the answer is to be.</param>
    private async Task ServeAsync(PipeReader input, FrameSink sink, Action abort, WebSocketVisit visit)
    {
        var session = Open(sink, visit, abort);
        using var reader = new SessionReader(input, session, frames);
        var reason = DisconnectReason.InternalError;
        try
        {
            reason = await reader.RunAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            entry.LogFailed(session, error);
        }

        await EndAsync(session, sink, reader.DiscardAsync, reason);
    }

    private async Task EnterAsync(Session session, Arrival arrival)
    {
        try
        {
            await entry.EnterAsync(session, arrival, "", []);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            entry.LogFailed(session, error);
            session.End(DisconnectReason.InternalError);
        }
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
