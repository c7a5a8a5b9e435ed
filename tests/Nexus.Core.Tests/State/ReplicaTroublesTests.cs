using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Tests.State;

public sealed class ReplicaTroublesTests
{
    private static readonly PoolName Web = new("web");

    [Theory]
    [InlineData("nothing is said of it", "g1:", "")]
    [InlineData("ejected", "g1:a!0/0", "a is ejected by gateway g1: it is broken")]
    [InlineData("ejected with its counts", "g1:a!57/60", "a is ejected by gateway g1: it is broken; 57 of 60 requests failed (95%)")]
    [InlineData("by two, counts added", "g2:a!5/10 g1:a!5/10", "a is ejected by gateways g1, g2: it is broken; 10 of 20 requests failed (50%)")]
    [InlineData("only by one of two", "g2:a!5/10 g1:a?0/10", "a is ejected by gateway g2: it is broken; 5 of 20 requests failed (25%)")]
    [InlineData("not ejected, failing", "g1:a?30/60", "a 30 of 60 requests failed (50%) within 30 s, as gateway g1 reports")]
    [InlineData("failing at two", "g1:a?30/60 g2:a?30/40", "a 60 of 100 requests failed (60%) within 30 s, as gateways g1, g2 report")]
    [InlineData("several, the ejected first", "g1:a?60/60,b!1/2", "b is ejected by gateway g1: it is broken; 1 of 2 requests failed (50%) (and 1 more)")]
    [InlineData("not wanted any more", "g1:stopping!9/9", "")]
    [InlineData("unknown", "g1:other!9/9", "")]
    public void Troubles_of_all_gateways_are_one_line(string why, string reports, string line)
    {
        _ = why;
        var troubles = ReplicaTroubles.Compute(Snapshot(reports));

        Assert.Equal(line, ReplicaTroubles.OfPool([.. troubles.Values]) ?? "");
    }

    [Theory]
    [InlineData("g1:a?30/60", true)]
    [InlineData("g1:a?29/60", false)]
    [InlineData("g1:a!0/0", false)]
    public void Half_of_the_requests_make_it_failing(string reports, bool isFailing) =>
        Assert.Equal(isFailing, ReplicaTroubles.Compute(Snapshot(reports))["a"].IsFailing);

    // GATEWAY:REPLICA[!?]FAILURES/REQUESTS,…; ! when ejected.
    private static ClusterSnapshot Snapshot(string reports) => new()
    {
        Assignments = ImmutableSortedDictionary.Create<string, NodeAssignment>(StringComparer.Ordinal).Add("n", new NodeAssignment
        {
            Node = new("n"),
            Allocations =
            [
                new(new("a"), Web, new("r"), DesiredStatus.Run, ""),
                new(new("b"), Web, new("r"), DesiredStatus.Run, ""),
                new(new("stopping"), Web, new("r"), DesiredStatus.Stop, ""),
            ],
        }),
        Gateways = reports.Split(' ').Select(text => text.Split(':')).ToImmutableSortedDictionary(
            parts => parts[0],
            parts => new GatewayReport
            {
                Gateway = parts[0],
                Evidence = [.. parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Evidence)],
            },
            StringComparer.Ordinal),
    };

    private static ReplicaEvidence Evidence(string text)
    {
        var at = text.IndexOfAny(['!', '?']);
        var counts = text[(at + 1)..].Split('/');
        return new(new(text[..at]), Web, 0, text[at] == '!' ? "it is broken" : null, null, long.Parse(counts[1]), long.Parse(counts[0]));
    }
}
