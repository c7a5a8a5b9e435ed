using CsCheck;
using Nexus.Core.Routing;

namespace Nexus.Core.Tests.Routing;

public sealed class RoutingTableProperties
{
    private static readonly Gen<string> Instance =
        Gen.Select(Gen.Char["abcd"], Gen.Char["+-~"], Gen.Int[0, 1], (id, sign, attempt) => $"{id}{sign}{attempt}");

    private static readonly Gen<string> Reading = Gen.Frequency(
        (6, Instance.Array[0, 4].Select(some => string.Join(' ', some.DistinctBy(i => i[0])))),
        (1, Gen.Const("fail")));

    private static readonly Gen<string[]> Readings = Reading.Array[1, 8];

    [Fact]
    public void Nothing_is_served_that_the_catalog_took_out_on_purpose_and_nothing_that_passes_is_left_out() => Readings.Sample(readings =>
    {
        var snapshot = Traffic.Replay(string.Join('|', readings));
        var last = Traffic.Read(readings[^1]);
        var pool = snapshot.Find(Traffic.Web)!;
        if (pool.Trust == PoolTrust.LastKnown)
        {
            return last.Outcome == ReadingOutcome.Failed || last.Instances.IsEmpty;
        }

        var byId = last.Instances.ToDictionary(i => i.Allocation!.Value, i => i.Health);
        return pool.Destinations.Length == byId.Count && pool.Destinations.All(d => byId[d.Id] switch
        {
            InstanceHealth.Passing => d.Rotation == Rotation.In,
            InstanceHealth.Maintenance => d.Rotation == Rotation.Maintenance,
            _ => d.Rotation == Rotation.Unhealthy || (pool.Trust == PoolTrust.Panic && d.HasServed),
        });
    });

    [Fact]
    public void A_read_that_failed_or_is_empty_changes_no_destination() => Readings.Sample(readings =>
    {
        var before = Traffic.Replay(string.Join('|', readings));
        return new[] { "fail", "" }.All(nothing =>
            before.Find(Traffic.Web)!.Destinations.SequenceEqual(Traffic.Apply(before, Traffic.Read(nothing)).Find(Traffic.Web)!.Destinations));
    });

    [Fact]
    public void A_pool_of_several_that_served_is_never_empty_by_failing_checks_alone() => Readings.Sample(readings =>
    {
        var before = Traffic.Replay(string.Join('|', readings));
        var served = before.Find(Traffic.Web)!.InRotation.ToList();
        var allFail = string.Join(' ', served.Select(d => $"{d.Id.Value}-{d.Attempt}"));
        return served.Count < 2 || Traffic.Apply(before, Traffic.Read(allFail)).Find(Traffic.Web)!.InRotation.Count() == served.Count;
    });
}
