using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;
using PayloadCase = PubSub.Protocol.Client.ClientEnvelope.PayloadOneofCase;

namespace PubSub.ConnectNode.Sessions;

/// <summary>What each frame of a client does. Every request with an id is answered, with the same id.</summary>
internal sealed class SessionCommands(
    SessionEntry entry, RoomEntry rooms, IControllerUplink controller, IPushUplink pushes, DeviceRegistration devices, LogicForward logic, NodeMetrics metrics, IOptions<NodeOptions> options)
{
    private const int MaxPresence = 1000;

    private readonly NodeOptions _options = options.Value;

    public void Pong(Session session, ReadOnlySpan<byte> payload)
    {
        var frame = SharedFrame.Control(WebSocketOpcode.Pong, payload);
        session.TrySend(frame, overCork: true);
        frame.Release();
        metrics.FrameOut();
    }

    public void Handle(Session session, ClientEnvelope frame)
    {
        if (session.User is null && frame.PayloadCase != PayloadCase.Connect)
            throw new ProtocolViolationException(DisconnectReason.Unauthorized, "The first frame is connect, where the URL names no user.");

        switch (frame.PayloadCase)
        {
            case PayloadCase.Ping:
                session.Send(new ServerEnvelope { Id = frame.Id, Pong = new Pong() });
                break;
            default:
                if (session.TryBeginRequest(_options.MaxRequestsInFlight))
                    _ = RunAsync(session, frame);
                else
                    session.SendError(frame.Id, ErrorCode.TooManyRequests, $"{_options.MaxRequestsInFlight} requests wait for their answers already.");
                break;
        }
    }

    private async Task RunAsync(Session session, ClientEnvelope frame)
    {
        try
        {
            await (frame.PayloadCase switch
            {
                PayloadCase.Connect => entry.ConnectAsync(session, frame),
                PayloadCase.Join => rooms.JoinAsync(session, frame),
                PayloadCase.Leave => rooms.LeaveAsync(session, frame),
                PayloadCase.ClientMessages => PublishAsync(session, frame),
                PayloadCase.Presence => PresenceAsync(session, frame),
                PayloadCase.History => HistoryAsync(session, frame),
                PayloadCase.Ack => Inbox.AckAsync(session, frame),
                PayloadCase.RegisterDevice => devices.RegisterAsync(session, frame),
                PayloadCase.RemoveDevice => devices.RemoveAsync(session, frame),
                _ => Task.CompletedTask,
            });
        }
        catch (RequestRefusedException refused)
        {
            session.SendError(frame.Id, refused.Code, refused.Message);
        }
        catch (RpcException error)
        {
            session.SendError(frame.Id, Refusal.CodeOf(error.StatusCode), Refusal.TextOf(error));
        }
        catch (OperationCanceledException)
        {
            // The session has ended: nobody waits for the answer.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            entry.LogFailed(session, error);
            session.SendError(frame.Id, ErrorCode.Internal, "The node failed on this request.");
        }
        finally
        {
            session.EndRequest();
        }
    }

    private async Task PublishAsync(Session session, ClientEnvelope frame)
    {
        var request = frame.ClientMessages;
        var channel = Member(session, request.RoomId).Channel;
        if (request.MessageId.Length > 0)
            Refusal.Require(IdRules.Complaint("id", request.MessageId));
        if (request.Metadata.Count > FrameLimits.MaxMetadataEntries)
            throw new RequestRefusedException(ErrorCode.BadRequest, $"metadata has more than {FrameLimits.MaxMetadataEntries} entries.");

        if (request.Key.Length > 0)
            Refusal.Require(IdRules.Complaint("key", request.Key));

        var content = new Content { Type = request.Type, Key = request.Key };
        if (request.Binary.IsEmpty)
            content.Data = request.Content;
        else
            content.Binary = request.Binary;
        content.Metadata.Add(request.Metadata);
        var push = new Push
        {
            Channel = channel.Text,
            Content = content,
            // An id even where the client gave none: a second try at another push manager must not double it.
            MessageId = request.MessageId.Length > 0 ? request.MessageId : Guid.CreateVersion7().ToString("N"),
            Sender = new Sender { UserId = session.User!.UserId, UserName = session.User.UserName },
        };
        var outcome = await pushes.PublishAsync(push, CancellationToken.None);
        if (outcome.Code != 0)
            throw new RequestRefusedException(Refusal.CodeOf((StatusCode)outcome.Code), outcome.Error);
        // Behind the publishing, so that the copy never overtakes it.
        if (!outcome.Reply.Duplicate)
            logic.Offer(push, outcome.Reply.Position ?? new Position());
        if (frame.Id.Length == 0)
            return;
        session.Send(new ServerEnvelope
        {
            Id = frame.Id,
            Published = new Published
            {
                Channel = channel.Text,
                MessageId = outcome.Reply.MessageId,
                Epoch = outcome.Reply.Position?.Epoch ?? 0,
                Offset = outcome.Reply.Position?.Offset ?? 0,
            },
        });
    }

    private async Task PresenceAsync(Session session, ClientEnvelope frame)
    {
        var roomId = frame.Presence.RoomId;
        Member(session, roomId);
        var info = await controller.GetRoomInfoAsync(roomId, MaxPresence, CancellationToken.None);
        var presence = new Presence { RoomId = roomId, UserCount = info.UserCount };
        foreach (var member in info.Members)
            presence.Members.Add(new PresenceMember { UserId = member.UserId, UserName = member.UserName, Devices = member.Devices });
        session.Send(new ServerEnvelope { Id = frame.Id, Presence = presence });
    }

    private async Task HistoryAsync(Session session, ClientEnvelope frame)
    {
        var request = frame.History;
        var channel = Subscribed(session, request.Channel).Channel;
        if (request.Limit is < 0 or > FrameLimits.MaxHistory)
            throw new RequestRefusedException(ErrorCode.BadRequest, $"limit is 0 to {FrameLimits.MaxHistory}.");
        var slice = await pushes.ReadLogAsync(new LogRange
        {
            Channel = channel.Text,
            After = new Position { Epoch = request.Epoch, Offset = request.Since },
            Limit = request.Limit == 0 ? FrameLimits.DefaultHistory : request.Limit,
            FromEnd = request is { Epoch: 0, Since: 0 },
        }, CancellationToken.None);
        if (slice.End is null or { Epoch: 0 })
            throw new RequestRefusedException(ErrorCode.LogOff, "The channel has no log, or nothing was written to it yet.");
        var history = new History
        {
            Channel = channel.Text,
            Epoch = slice.End.Epoch,
            EndOffset = slice.End.Offset,
            FirstOffset = slice.FirstOffset,
        };
        history.Messages.Add(slice.Messages.Select(ServerFrame.Message));
        session.Send(new ServerEnvelope { Id = frame.Id, History = history });
    }

    private static Subscription Member(Session session, string roomId)
    {
        Refusal.Require(IdRules.Complaint("roomId", roomId));
        return session.Find(ChannelId.Room(roomId)) is { IsIn: true } subscription
            ? subscription
            : throw new RequestRefusedException(ErrorCode.NotInRoom, $"Join {roomId} first, and wait for the answer.");
    }

    private static Subscription Subscribed(Session session, string text)
    {
        if (!ChannelId.TryParse(text, out var channel, out var complaint))
            throw new RequestRefusedException(ErrorCode.BadRequest, complaint);
        return session.Find(channel) is { IsIn: true } subscription
            ? subscription
            : throw new RequestRefusedException(ErrorCode.Forbidden, $"{text} is no channel of this session.");
    }
}
