using PubSub.Protocol.Client;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>
/// What one session may be told of one room: each offset comes once, in order, or is covered by exactly one gap mark, and
/// a mark counts exactly what it covers.
/// </summary>
internal sealed class GapOracle(string channel, long position = 0)
{
    private readonly List<ServerMessage> _messages = [];

    public long Position { get; private set; } = position;

    public IReadOnlyList<ServerMessage> Messages => _messages;

    public int Marks { get; private set; }

    public long Skipped { get; private set; }

    public void Take(ServerEnvelope frame)
    {
        foreach (var message in frame.ServerMessages?.Messages.Where(message => message.Channel == channel) ?? [])
        {
            Assert.Equal(Position + 1, message.Offset);
            Position = message.Offset;
            _messages.Add(message);
        }

        if (frame.GapMark is not { } mark || mark.Channel != channel)
            return;
        Assert.Equal(Position + 1, mark.From);
        Assert.Equal(mark.To - mark.From + 1, mark.Count);
        Assert.True(mark.Count > 0);
        Position = mark.To;
        Marks++;
        Skipped += mark.Count;
    }
}
