using FsCheck;
using FsCheck.Fluent;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class SubscribersOfAChannelComeAndGo
{
    private const int People = 4;

    private static readonly OutboxGauge Gauge = new();

    [Fact]
    public void The_set_holds_who_came_and_has_not_left_however_often() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Arb.From(Gen.Choose(0, (2 * People) - 1).ListOf()), steps =>
        {
            var people = Enumerable.Range(0, People).Select(Person).ToArray();
            var set = new SubscriberSet();
            var present = new HashSet<Subscription>();
            foreach (var step in steps)
            {
                // Small numbers come, large ones leave; twice is the same as once.
                var person = people[step % People];
                if (step < People)
                {
                    set.Add(person);
                    present.Add(person);
                }
                else
                {
                    Assert.Equal(present.Remove(person), set.Remove(person));
                }

                Assert.Equal(present.Count, set.Count);
                Assert.Equal(present.Count(static member => member.IsJson), set.JsonCount);
                Assert.Equal(present, set.Members.ToArray().ToHashSet());
                Assert.Equal(present.Count, set.Members.Length);
            }
        }));

    private static Subscription Person(int number)
    {
        var writer = new SessionWriter(new Outbox(1 << 20, 1000, Gauge), new RecordingSink());
        var session = new Session($"s{number}", number % 2 == 0 ? FrameCodec.Json : FrameCodec.Protobuf, writer, DateTimeOffset.UnixEpoch, 0);
        return new Subscription(session, ChannelId.User("u")) { Activated = static (_, _, _) => { } };
    }
}
