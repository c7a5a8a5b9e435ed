using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;

namespace Nexus.Core.Tests.Routing;

public sealed class NewsTests
{
    [Theory]
    [InlineData("unhealthy is out at once", "a+ b+ | !a-", "Current: a- b+")]
    [InlineData("draining is out at once", "a+ b+ | !a~", "Current: a~ b+")]
    [InlineData("gone is out at once", "a+ b+ | !ax", "Current: ax b+")]
    [InlineData("the catalog's same old word says nothing new", "a+ b+ | !a- | a+ b+", "Current: a- b+")]
    [InlineData("another's change says nothing of this one", "a+ b+ | !ax | a+ b-", "Current: ax b-")]
    [InlineData("the catalog's next word counts", "a+ b+ | !a~ | a- b+", "Current: a- b+")]
    [InlineData("who is gone is not back because a check now fails too", "a+ b+ | !ax | a- b+", "Current: ax b+")]
    [InlineData("a later life in the catalog ends what was said", "a+ b+ | !ax | a+1 b+", "Current: a+ b+")]
    [InlineData("what is deregistered stays so", "a+ b+ | !a- | b+", "Current: b+")]
    [InlineData("a new life is taken in at once", "a+ b+ | !ax | !a+1", "Current: a+ b+")]
    [InlineData("also one that the catalog has never listed", "a+ | !c+", "Current: a+ c+")]
    [InlineData("until the catalog drops it", "a+ | !c+ | a+ c+ | a+", "Current: a+")]
    [InlineData("the catalog judges a life it lists", "a+ b- | !b+", "Current: a+ b-")]
    [InlineData("news of an earlier life are none", "a+1 b+ | !ax", "Current: a+ b+")]
    [InlineData("the end of a later life is an end", "a+ b+ | !ax1", "Current: ax b+")]
    [InlineData("a failed read leaves the news", "a+ b+ | !ax | fail", "LastKnown: ax b+")]
    [InlineData("a new life while Consul is away", "a+ b+ | fail | !ax | !a+1", "LastKnown: a+ b+")]
    [InlineData("well again while Consul is away", "a+ b+ | fail | !a- | !a+", "LastKnown: a+ b+")]
    [InlineData("all unhealthy at once is a failed check", "a+ b+ | !a- | !b-", "Panic: a+ b+")]
    [InlineData("all gone is no panic", "a+ b+ | !ax | !bx", "Current: ax bx")]
    [InlineData("an agent that is silent stands for nothing but ends", "a+ b+ | !a- | !bx | silence", "Current: a+ bx")]
    public void News_run_ahead_of_the_catalog_until_it_speaks(string because, string steps, string expected) =>
        Assert.True(expected == Show(steps), $"{because}: {Show(steps)}");

    [Theory]
    [InlineData("a node out of sight does not take its replicas along", "a+ b+ | a? b+", "Current: a+ b+")]
    [InlineData("who never served gets no benefit of the doubt", "a? b+", "Current: a- b+")]
    [InlineData("nor does another life", "a+ b+ | a?1 b+", "Current: a- b+")]
    [InlineData("a failing check of its own counts", "a+ b+ | a- b+", "Current: a- b+")]
    public void A_silent_node_is_suspect_not_empty(string because, string steps, string expected) =>
        Assert.True(expected == Show(steps), $"{because}: {Show(steps)}");

    [Theory]
    [InlineData("shares hold", "r1:90 r2:10", "r1+ r2+", "r1:90 r2:10")]
    [InlineData("nothing for nobody", "r1:0 r2:100", "r1+ r2-", "")]
    [InlineData("a share of nothing holds while another serves", "r1:100 r2:0", "r1+ r2+", "r1:100 r2:0")]
    [InlineData("shares of strangers would leave nobody", "r8:50 r9:50", "r1+ r2+", "")]
    public void Shares_are_ignored_where_they_would_leave_nobody(string because, string asked, string serving, string expected)
    {
        var weights = asked.Split(' ').Select(w => w.Split(':') is [var r, var p] ? new RevisionWeight(new(r), int.Parse(p)) : throw new FormatException(w));
        var instances = serving.Split(' ').Select((s, i) =>
            new CatalogInstance(new($"a{i}"), "10.0.0.1", 80 + i, 0, s[2] == '+' ? InstanceHealth.Passing : InstanceHealth.Failing)
            {
                Revision = new(s[..2]),
            });
        var facts = new RoutingFacts(
            Traffic.Spec(), 1, ImmutableDictionary<PoolName, PoolReading>.Empty.Add(Traffic.Web, PoolReading.Listed([.. instances])))
        {
            KnowsWeights = true,
            Weights = ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>>.Empty.Add(Traffic.Web, [.. weights]),
        };
        var first = RoutingTable.Compute(facts, RoutingSnapshot.Empty);
        Assert.True(expected == Shares(first), $"{because}: {Shares(first)}");

        // Without Consul the last known shares hold.
        Assert.Equal(expected, Shares(RoutingTable.Compute(facts with { KnowsWeights = false, Weights = [] }, first)));

        static string Shares(RoutingSnapshot s) => string.Join(' ', s.Find(Traffic.Web)!.Weights.Select(w => $"{w.Revision}:{w.Percent}"));
    }

    [Theory]
    [InlineData("nobody is ejected", "a b c", "a b c")]
    [InlineData("the ejected are left out", "a b! c", "a c")]
    [InlineData("the last is kept", "a!", "a")]
    [InlineData("all are kept rather than none", "a! b!", "a b")]
    [InlineData("the slow rather than the dead", "a! b~ c!", "b")]
    [InlineData("half may be ejected softly", "a~ b~ c d", "c d")]
    [InlineData("more than half is something else's fault", "a~ b~ c", "a b c")]
    [InlineData("the dead stay out of a panic", "a~ b~ c~ d! e", "a b c e")]
    [InlineData("of two one may be out", "a~ b", "b")]
    public void Ejections_never_leave_nobody(string because, string all, string expected)
    {
        var trusted = EjectionLimits.Trusted([.. all.Split(' ')], one => one[^1] switch
        {
            '!' => EjectionReason.ConnectFailed,
            '~' => EjectionReason.TimedOut,
            _ => null,
        });
        Assert.True(expected == string.Join(' ', trusted.Select(one => one[..1])), $"{because}: {string.Join(' ', trusted)}");
    }

    [Theory]
    [InlineData(0, 20, 3)]
    [InlineData(10, 20, 3)]
    [InlineData(100, 20, 20)]
    [InlineData(100, 0, 0)]
    public void Budget_is_a_part_of_the_requests_and_always_a_few(int requests, int percent, int expected) =>
        Assert.Equal(expected, RetryRules.Budget(requests, percent));

    [Fact]
    public void Latency_steps_are_right_to_within_ten_percent()
    {
        foreach (var milliseconds in new[] { 0.2, 1, 7.7, 100, 2500, 60_000 })
        {
            Assert.InRange(LatencySteps.Middle(LatencySteps.Of(milliseconds)) / milliseconds, 0.9, 1.1);
        }

        var counts = new long[LatencySteps.Count];
        counts[LatencySteps.Of(10)] = 95;
        counts[LatencySteps.Of(900)] = 5;
        Assert.InRange(LatencySteps.Percentile(counts, 0.95), 9, 11);
        Assert.InRange(LatencySteps.Percentile(counts, 0.96), 800, 1000);
        Assert.Equal(0, LatencySteps.Percentile(new long[LatencySteps.Count], 0.95));
    }

    /// <summary>As <see cref="Traffic"/>, with news between the reads: <c>!a-</c> unhealthy, <c>!a~</c> draining, <c>!ax</c> gone,
    /// <c>!a+1</c> serving in its second life; <c>a?</c> in a read is an instance whose node is out of sight.</summary>
    private static string Show(string steps)
    {
        var (news, reading, listed) = (ImmutableDictionary<AllocationId, AllocationNews>.Empty, PoolReading.NotYet, PoolReading.NotYet);
        var snapshot = RoutingSnapshot.Empty;
        foreach (var step in steps.Split('|', StringSplitOptions.TrimEntries))
        {
            if (step == "silence")
            {
                news = AllocationNews.Without(news, new NodeName("n"));
            }
            else if (step.StartsWith('!'))
            {
                news = AllocationNews.With(news, ToNews(step[1..]));
            }
            else
            {
                reading = Read(step);
                news = AllocationNews.After(news, Traffic.Web, listed, reading);
                listed = reading.Outcome == ReadingOutcome.Listed ? reading : listed;
            }

            snapshot = RoutingTable.Compute(
                new RoutingFacts(Traffic.Spec(), 1, ImmutableDictionary<PoolName, PoolReading>.Empty.Add(Traffic.Web, reading)) { News = news }, snapshot);
        }

        var pool = snapshot.Find(Traffic.Web)!;
        return string.Join(' ', pool.Destinations.Select(d => d.Id.Value + Sign(d.Rotation)).Prepend(pool.Trust + ":"));
    }

    private static PoolReading Read(string step)
    {
        var read = Traffic.Read(step.Replace('?', '-'));
        var silent = step.Split(' ').Where(one => one.Contains('?', StringComparison.Ordinal)).Select(one => one[..1]).ToHashSet(StringComparer.Ordinal);
        return read with
        {
            Instances = [.. read.Instances.Select(i => silent.Contains(i.Allocation!.Value.Value) ? i with { Health = InstanceHealth.NodeSilent } : i)],
        };
    }

    private static AllocationNews ToNews(string text)
    {
        var kind = text[1] switch { '+' => NewsKind.Serving, '-' => NewsKind.Unhealthy, '~' => NewsKind.Draining, _ => NewsKind.Gone };
        var serves = kind == NewsKind.Serving;
        return new AllocationNews(
            new(text[..1]), Traffic.Web, new("r"), new("n"), text.Length > 2 ? int.Parse(text[2..]) : 0, kind,
            serves ? "10.0.0.1" : null, serves ? 1000 + text[0] : 0);
    }

    private static char Sign(Rotation rotation) => rotation switch
    {
        Rotation.In => '+',
        Rotation.Unhealthy => '-',
        Rotation.Maintenance => '~',
        _ => 'x',
    };
}
