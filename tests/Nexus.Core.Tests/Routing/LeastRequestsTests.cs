using System.Collections.Immutable;
using Nexus.Core.Routing;

namespace Nexus.Core.Tests.Routing;

public sealed class LeastRequestsTests
{
    [Fact]
    public void Choose_takes_the_least_busy_and_equals_in_turn()
    {
        Candidate a = new("a", Busy: 1), b = new("b"), c = new("c");
        ImmutableArray<CandidateShare<Candidate>> all = [new(100, [a, b, c])];
        string Pick(uint turn, params Candidate[] tried) => LeastRequests.Choose(all, turn, 0, [.. tried])?.Name ?? "-";
        Assert.Equal(["b", "b", "c", "b"], [Pick(0), Pick(1), Pick(2), Pick(uint.MaxValue)]);
        Assert.Equal("c", Pick(1, b));
        Assert.Equal("a", Pick(1, b, c));
        Assert.Equal("-", Pick(1, b, c, a));
        Assert.Null(LeastRequests.Choose(ImmutableArray<CandidateShare<Candidate>>.Empty, 7, 0, null));
    }

    [Theory]
    [InlineData("a new one gets its part of what it will get", "a:1 b:1 c:0.1", "a 476 b 476 c 48")]
    [InlineData("all are new, so nobody is", "a:0.1 b:0.1", "a 500 b 500")]
    [InlineData("half-way", "a:1 b:0.5", "a 667 b 333")]
    [InlineData("the new one is all there is", "a:0.1", "a 1000")]
    public void Choose_gives_the_new_a_growing_share(string because, string members, string expected) =>
        Assert.True(
            Near(expected, Count([new(100, [.. members.Split(' ').Select(Parse)])])),
            $"{because}: {Count([new(100, [.. members.Split(' ').Select(Parse)])])}");

    [Theory]
    [InlineData("a canary gets its share, however few it is", "10 a | 90 b c d", "a 100 b 300 c 300 d 300")]
    [InlineData("a share of nothing is nothing", "100 a | 0 b", "a 1000 b 0")]
    [InlineData("shares count for those that can answer", "30 a | 20 b", "a 600 b 400")]
    public void Choose_keeps_the_shares_of_revisions(string because, string shares, string expected)
    {
        var counted = Count([.. shares.Split('|', StringSplitOptions.TrimEntries).Select(text => text.Split(' ') is [var percent, .. var names]
            ? new CandidateShare<Candidate>(int.Parse(percent), [.. names.Select(name => new Candidate(name))])
            : throw new FormatException(text))]);
        Assert.True(Near(expected, counted), $"{because}: {counted}");
    }

    [Fact]
    public void Choose_leaves_the_share_of_those_tried_to_the_others()
    {
        Candidate a = new("a"), b = new("b");
        Assert.Same(b, LeastRequests.Choose([new(99, [a]), new(1, [b])], 3, 0, [a]));
        Assert.Null(LeastRequests.Choose([new(99, [a]), new(0, [b])], 3, 0, [a]));
    }

    private static string Count(ImmutableArray<CandidateShare<Candidate>> shares)
    {
        var counts = shares.SelectMany(s => s.Members).ToDictionary(m => m.Name, _ => 0, StringComparer.Ordinal);
        for (uint turn = 1; turn <= 1000; turn++)
        {
            counts[LeastRequests.Choose(shares, turn, 0, null)!.Name]++;
        }

        return string.Join(' ', counts.Select(c => $"{c.Key} {c.Value}"));
    }

    /// <summary>The choice among equals is by turn, which may be off by a few in a thousand.</summary>
    private static bool Near(string expected, string counted) =>
        expected.Split(' ').Zip(counted.Split(' ')).All(pair =>
            int.TryParse(pair.First, out var wanted) ? Math.Abs(wanted - int.Parse(pair.Second)) <= 10 : pair.First == pair.Second);

    private static Candidate Parse(string text) =>
        text.Split(':') is [var name, var warmth] ? new(name, Warmth: double.Parse(warmth)) : throw new FormatException(text);

    private sealed record Candidate(string Name, int Busy = 0, double Warmth = 1) : ICandidate
    {
        public double WarmthAt(long now) => Warmth;
    }
}
