using System.Globalization;
using System.Text;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// The oracle of messages that carry their number: knows what was accepted for each channel, is shown what came out, and
/// says what was lost, repeated or out of order.
/// </summary>
internal sealed class NumberedMessages
{
    private readonly Dictionary<string, int> _accepted = [];

    public int Accepted
    {
        get
        {
            lock (_accepted)
                return _accepted.Values.Sum();
        }
    }

    /// <summary>The messages of the channel up to this number, from 1, are promised.</summary>
    public void Accept(string channel, int upTo)
    {
        lock (_accepted)
            _accepted[channel] = upTo;
    }

    /// <param name="arrived">What came out, by channel, in its order.</param>
    public Verdict Judge(IReadOnlyDictionary<string, IReadOnlyList<string>> arrived)
    {
        var (lost, repeated, reordered, corrupt) = (0, 0, 0, 0);
        lock (_accepted)
        {
            foreach (var (channel, upTo) in _accepted)
            {
                var numbers = new List<int>();
                foreach (var text in arrived.GetValueOrDefault(channel) ?? [])
                {
                    if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1)
                        numbers.Add(number);
                    else
                        corrupt++;
                }

                // Beyond what was accepted may come what was written without an answer.
                lost += Enumerable.Range(1, upTo).Except(numbers).Count();
                repeated += numbers.Count - numbers.Distinct().Count();
                var seen = new HashSet<int>();
                var first = numbers.Where(seen.Add).ToList();
                reordered += first.Zip(first.Skip(1)).Count(pair => pair.Second < pair.First);
            }
        }

        return new Verdict(Accepted, lost, repeated, reordered, corrupt);
    }

    internal readonly record struct Verdict(int Accepted, int Lost, int Repeated, int Reordered, int Corrupt)
    {
        public bool IsGood => Lost + Repeated + Reordered + Corrupt == 0;

        public override string ToString() => new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"{Accepted} accepted: {Lost} lost, {Repeated} repeated, {Reordered} out of order, {Corrupt} corrupt").ToString();
    }
}
