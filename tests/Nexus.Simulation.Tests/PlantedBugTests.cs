using System.Globalization;
using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const ulong Seeds = 16;
    private const ulong Limit = 100;

    public static TheoryData<string> Bugs => [.. PlantedBugs.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_caught(string name)
    {
        var text = Environment.GetEnvironmentVariable("NEXUS_SIM_BUG_SEEDS");
        var most = text is null ? Seeds : ulong.Parse(text, CultureInfo.InvariantCulture);
        var rules = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var played = 0UL;

        // Which seeds catch a rare one changes with the product: it may take more of them until the first.
        while (played < most || (rules.Count == 0 && played < Limit))
        {
            var seed = ++played;
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
}
