using System.Globalization;
using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const ulong Limit = 100;

    // Rare ones are tried first with a seed that caught them; which do changes with the product, so the others follow.
    private static readonly Dictionary<string, ulong> Catchers = new(StringComparer.Ordinal)
    {
        ["counts-again"] = 32,
        ["retained-is-stopped"] = 18,
        ["unreadable-means-removed"] = 28,
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
