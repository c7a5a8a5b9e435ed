using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Tests.Convergence;

public sealed class DrainProgressTests
{
    private static readonly PoolName Web = new("web");

    private static readonly Drain Drained = new(
        new AllocationId("web-1"), 2, Web,
        new DrainSpec { Timeout = TimeSpan.FromSeconds(10), WebSocketWindow = TimeSpan.FromSeconds(2) });

    /// <summary>Reports, milliseconds since the mark, and what follows: a wait until when (ms), or the words to go on with.</summary>
    public static TheoryData<string, GatewayReport[]?, int, string> Cases => new()
    {
        { "all let go at once", [At("g1", takes: false), At("g2", takes: false)], 0, "go: all 2 gateways let go of it" },
        { "the one that there is", [At("g1", takes: false)], 0, "go: the one gateway let go of it" },
        { "one has not heard of it yet", [At("g1", takes: false), At("g2", takes: true)], 400,
            "until 10000: gateway g2 still sends it requests" },
        { "requests under way", [At("g1", takes: false, inFlight: 3), At("g2", takes: false)], 9999,
            "until 10000: gateway g1 has 3 requests at it" },
        { "requests that never end", [At("g1", takes: false, inFlight: 1)], 10_000,
            "time: its time ran out while gateway g1 has 1 request at it" },
        { "WebSockets get their window on top", [At("g1", takes: false, webSockets: 2)], 10_000,
            "until 12500: gateway g1 has 2 WebSockets at it" },
        { "and no more than that", [At("g1", takes: false, inFlight: 1, webSockets: 1)], 12_500,
            "time: its time ran out while gateway g1 has 1 request and 1 WebSocket at it" },
        { "who does not list it may be about to", [At("g1", takes: false), Blind("g2")], 499,
            "until 500: gives those who do not know it time to hear of it" },
        { "and if it was about to, has by now", [At("g1", takes: false), Blind("g2")], 500, "go: all 2 gateways let go of it" },
        { "what is said of an earlier try says nothing of this one", [At("g1", takes: false, attempt: 1)], 100,
            "until 500: gives those who do not know it time to hear of it" },
        { "a gateway of other pools does not matter", [Other("g1"), At("g2", takes: false)], 0, "go: the one gateway let go of it" },
        { "but while it lists it, it does", [Other("g1") with { Destinations = At("g1", takes: false, inFlight: 1).Destinations }], 5000,
            "until 10000: gateway g1 has 1 request at it" },
        { "a gateway that died is not listed", [], 500, "go: no gateway routes to it" },
        { "with no gateway others may know its address", [], 100, "until 500: gives those who do not know it time to hear of it" },
        { "never heard of any gateway", null, 500, "until 10000: waits for the gateways' word" },
        { "and never will", null, 10_000, "time: no gateway's word could be had" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judge_waits_for_every_live_gateway(string because, GatewayReport[]? reports, int elapsed, string expected)
    {
        var words = Words(DrainProgress.Judge(Drained, reports?.ToImmutableArray(), TimeSpan.FromMilliseconds(elapsed)));

        Assert.True(words == expected, $"{because}: expected '{expected}', got '{words}'");
    }

    [Fact]
    public void Judge_never_waits_longer_than_a_short_timeout()
    {
        var hasty = Drained with { Spec = new DrainSpec { Timeout = TimeSpan.FromMilliseconds(50) } };

        Assert.True(DrainProgress.Judge(hasty, [Blind("g1")], TimeSpan.FromMilliseconds(50)).GoOn);
        Assert.True(DrainProgress.Judge(hasty with { Spec = new DrainSpec { Timeout = TimeSpan.Zero } }, null, TimeSpan.Zero).GoOn);
    }

    private static string Words(DrainVerdict verdict) => verdict switch
    {
        { GoOn: false } => $"until {verdict.LookAgainAfter!.Value.TotalMilliseconds}: {verdict.Words}",
        { Acknowledged: true } => "go: " + verdict.Words,
        _ => "time: " + verdict.Words,
    };

    private static GatewayReport At(string gateway, bool takes, int inFlight = 0, int webSockets = 0, int attempt = 2) =>
        Blind(gateway) with { Destinations = [new GatewayDestination(Drained.Allocation, attempt, takes, inFlight, webSockets)] };

    private static GatewayReport Blind(string gateway) => new() { Gateway = gateway, Pools = [Web] };

    private static GatewayReport Other(string gateway) => new() { Gateway = gateway, Pools = [new PoolName("api")] };
}
