using System.Collections.Immutable;
using CsCheck;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Routing;

public sealed class OutlierDetectionTests
{
    private static readonly OutlierDetectionSpec Defaults = new();

    // Replicas as FAILURES/REQUESTS, x in front when ejected, ? on probation, @GROUP behind; then the places of those to eject, from 0.
    [Theory]
    [InlineData("a lone one that always fails", "0/100 100/100 0/100", "1")]
    [InlineData("of two as well", "0/50 50/50", "1")]
    [InlineData("all fail alike", "100/100 100/100 100/100", "")]
    [InlineData("all fail now and then", "30/100 20/100 25/100", "")]
    [InlineData("above the others, not far enough", "0/100 29/100 0/100", "")]
    [InlineData("far enough", "0/100 30/100 0/100", "1")]
    [InlineData("compared with the others, not with zero", "20/100 50/100 20/100", "1")]
    [InlineData("compared with the others, not far enough", "20/100 49/100 20/100", "")]
    [InlineData("too few requests", "0/100 19/19 0/100", "")]
    [InlineData("just enough", "0/100 20/20 0/100", "1")]
    [InlineData("the others have too few", "0/19 100/100 0/19", "")]
    [InlineData("one of the others has enough", "0/19 100/100 0/20", "1")]
    [InlineData("nobody else", "100/100", "")]
    [InlineData("chance in few requests", "4/20 10/20", "")]
    [InlineData("two of four", "100/100 0/100 100/100 0/100", "0 2")]
    [InlineData("two of five: no more than half", "90/100 80/100 0/100 0/100 0/100", "0 1")]
    [InlineData("of three two fail: the median of the others is in the middle, and one may be ejected", "100/100 90/100 0/100", "0")]
    [InlineData("one is out already", "x0/0 100/100 0/100", "")]
    [InlineData("one of four is out already", "x0/0 100/100 0/100 0/100", "1")]
    [InlineData("the last but one of two", "x0/0 100/100", "")]
    [InlineData("on probation few requests decide", "0/100 ?5/5 0/100", "1")]
    [InlineData("on probation fewer do not", "0/100 ?4/4 0/100", "")]
    [InlineData("on probation and well", "0/100 ?0/5 0/100", "")]
    [InlineData("on probation, all alike", "100/100 ?5/5 100/100", "")]
    [InlineData("groups are not compared", "100/100@new 0/100@old 0/100@old", "")]
    [InlineData("within a group they are", "100/100@new 0/100@new 0/100@old", "0")]
    [InlineData("nobody has any", "0/0 0/0", "")]
    [InlineData("none", "", "")]
    public void Compute_ejects_who_fails_far_more_often_than_the_others(string why, string replicas, string ejected)
    {
        _ = why;
        Assert.Equal(ejected, string.Join(' ', OutlierDetection.Compute(Defaults, Parse(replicas))));
    }

    [Theory]
    [InlineData("enabled", "0/100 100/100 0/100", "")]
    [InlineData("error_rate", "0/100 60/100 0/100", "")]
    [InlineData("min_requests", "0/100 60/60 0/100", "")]
    [InlineData("min_replicas", "0/100 100/100 0/100", "")]
    [InlineData("max_ejected 0%", "0/100 100/100 0/100", "")]
    [InlineData("max_ejected 1%", "0/100 100/100 100/100 0/100 0/100", "1")]
    [InlineData("max_ejected 100%", "0/100 100/100 100/100 0/100 0/100", "1 2")]
    public void Every_setting_counts(string setting, string replicas, string ejected)
    {
        var spec = setting switch
        {
            "enabled" => Defaults with { Enabled = false },
            "error_rate" => Defaults with { ErrorRatePercent = 61 },
            "min_requests" => Defaults with { MinRequests = 61 },
            "min_replicas" => Defaults with { MinReplicas = 4 },
            "max_ejected 0%" => Defaults with { MaxEjectedPercent = 0 },
            "max_ejected 1%" => Defaults with { MaxEjectedPercent = 1 },
            _ => Defaults with { MaxEjectedPercent = 100 },
        };
        Assert.Equal(ejected, string.Join(' ', OutlierDetection.Compute(spec, Parse(replicas))));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(7, 70)]
    [InlineData(30, 300)]
    [InlineData(1_000_000, 300)]
    public void Ejections_in_a_row_last_longer_up_to_a_limit(int consecutive, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), OutlierDetection.EjectionTime(Defaults, consecutive));

    [Fact]
    public void Never_the_last_never_more_than_the_share_never_those_that_fail_alike_and_never_the_best() =>
        Gen.Select(
                Gen.Select(Gen.Int[0, 300], Gen.Double[0, 1], Gen.Bool, Gen.Bool).List[0, 12],
                Gen.Select(Gen.Int[1, 100], Gen.Int[5, 100], Gen.Int[2, 5], Gen.Int[0, 100]))
            .Sample((replicas, settings) =>
            {
                var spec = new OutlierDetectionSpec
                {
                    ErrorRatePercent = settings.Item1,
                    MinRequests = settings.Item2,
                    MinReplicas = settings.Item3,
                    MaxEjectedPercent = settings.Item4,
                };
                ReplicaTraffic[] traffic =
                [
                    .. replicas.Select((r, i) => new ReplicaTraffic($"{i}", "", r.Item1, (long)(r.Item1 * r.Item2), r.Item3, r.Item4)),
                ];
                var known = traffic.ToDictionary(t => t.Id, StringComparer.Ordinal);

                var ejected = OutlierDetection.Compute(spec, traffic);

                Assert.Equal(ejected.Length, ejected.Distinct().Count());
                Assert.All(ejected, id => Assert.False(known[id].IsEjected));
                var before = traffic.Count(t => t.IsEjected);
                Assert.True(ejected.IsEmpty || before + ejected.Length < traffic.Length);
                Assert.True(ejected.IsEmpty || before + ejected.Length <= Math.Max(1, traffic.Length * spec.MaxEjectedPercent / 100));
                Assert.All(ejected, id => Assert.Contains(traffic, other => !other.IsEjected && other.ErrorRate < known[id].ErrorRate));
                Assert.Equal(ejected, OutlierDetection.Compute(spec, traffic));

                var alike = traffic.Select(t => t with { Requests = 100, Failures = replicas.Count });
                Assert.Empty(OutlierDetection.Compute(spec, alike));
            });

    private static ImmutableArray<ReplicaTraffic> Parse(string replicas) =>
    [
        .. replicas.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) =>
        {
            var (counts, group) = text.Split('@') is [var c, var g] ? (c, g) : (text, "");
            var numbers = counts.TrimStart('x', '?').Split('/');
            return new ReplicaTraffic($"{i}", group, long.Parse(numbers[1]), long.Parse(numbers[0]), counts[0] == 'x', counts[0] == '?');
        }),
    ];
}
