using System.Globalization;
using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const ulong Limit = 100;

    // A seed that caught it is tried first; which ones do changes with the product, so the others follow.
    private static readonly Dictionary<string, ulong> Catchers = new(StringComparer.Ordinal)
    {
        ["accepted-is-served"] = 3,
        ["cas-ignored"] = 6,
        ["clocks-compared"] = 7,
        ["counts-again"] = 32,
        ["drain-waits-for-nobody"] = 7,
        ["drops-without-stopping"] = 2,
        ["events-are-the-truth"] = 5,
        ["exclusive-ignored"] = 5,
        ["fence-off"] = 4,
        ["gateways-follow-the-spec"] = 3,
        ["generations-reused"] = 2,
        ["kept-unreported"] = 2,
        ["loss-means-stop"] = 4,
        ["no-backoff"] = 10,
        ["one-witness"] = 14,
        ["places-above-surge"] = 3,
        ["restarted-never-registered"] = 10,
        ["retained-is-stopped"] = 18,
        ["rollback-loops"] = 2,
        ["routes-stay"] = 3,
        ["routes-switch-at-once"] = 3,
        ["stops-before-replacement"] = 4,
        ["unreadable-means-removed"] = 28,
        ["volumes-left"] = 5,
        ["wall-clock"] = 13,
    };

    public static TheoryData<string> Bugs => [.. PlantedBugs.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_caught(string name)
    {
        // Without the variable, until the first seed that catches it; with it, so many seeds, to count how many of them do.
        var text = Environment.GetEnvironmentVariable("NEXUS_SIM_BUG_SEEDS");
        var least = text is null ? 1 : ulong.Parse(text, CultureInfo.InvariantCulture);
        var rules = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var played = 0UL;
        foreach (var seed in SeedsFor(text is null ? name : null).TakeWhile(_ => played < least || rules.Count == 0))
        {
            played++;
            var failure = (await SeedRun.PlayAsync(seed, PlantedBugs.Find(name))).Failure;
            Assert.True(failure is null or Violation, $"{name} broke the simulation itself at seed {seed}: {failure}");
            if (failure is Violation { Rule: var rule })
            {
                rules[rule] = rules.GetValueOrDefault(rule) + 1;
            }
        }

        var caught = rules.Values.Sum();
        output.WriteLine($"{name}: caught by {caught} of {played} seeds ({string.Join(", ", rules.Select(r => $"{r.Key}: {r.Value}"))})");
        Assert.True(caught > 0, $"{name} survived {played} seeds: a fault or a check is missing.");
    }

    private static IEnumerable<ulong> SeedsFor(string? name)
    {
        if (name is not null && Catchers.TryGetValue(name, out var catcher))
        {
            yield return catcher;
        }

        for (var seed = 1UL; seed <= Limit; seed++)
        {
            yield return seed;
        }
    }
}
