using PubSub.Client;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Integration.Clients;

/// <summary>What one client has seen of a room: every message, and every return.</summary>
internal sealed class RoomRecord(string name)
{
    private readonly List<(ChannelPosition Position, string Text)> _messages = [];
    private readonly List<bool> _recovered = [];
    private int _joins;

    public string Name => name;

    public string NodeId { get; set; } = "";

    /// <summary>For each return whether the node said that nothing is missing.</summary>
    public bool[] Returns
    {
        get
        {
            lock (_messages)
                return [.. _recovered];
        }
    }

    public int Joins => Volatile.Read(ref _joins);

    public void Take(ChannelPosition position, string text)
    {
        lock (_messages)
            _messages.Add((position, text));
    }

    public void Join(bool recovered, bool isFirst)
    {
        lock (_messages)
        {
            if (!isFirst)
                _recovered.Add(recovered);
        }

        Interlocked.Increment(ref _joins);
    }

    public void Follow(PubSubClient client, Room room)
    {
        client.StateChanged += change => NodeId = change.NodeId;
        room.MessageReceived += message => Take(message.Position, message.Text);
        room.Joined += start => Join(start.Recovered, start.IsFirst);
    }

    public bool Saw(string text)
    {
        lock (_messages)
            return _messages.Exists(message => message.Text == text);
    }

    /// <summary>All that was accepted, each message once, in the order of the log, and every return told so.</summary>
    public void AssertOnceAndInOrder(IReadOnlyList<string> accepted)
    {
        lock (_messages)
        {
            var offsets = _messages.ConvertAll(message => message.Position.Offset);
            Assert.Equal(offsets.Order().Distinct(), offsets);
            Assert.Single(_messages.Select(message => message.Position.Epoch).Distinct());
            var lost = accepted.Except(_messages.Select(message => message.Text)).ToArray();
            Assert.True(lost.Length == 0, $"{name} lost {lost.Length} of {accepted.Count}: {string.Join(' ', lost.Take(20))}");
            Assert.DoesNotContain(false, _recovered);
        }
    }
}
