using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper output)
{
    public static TheoryData<string> Bugs => [.. PlantedBugs.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_caught(string name)
    {
        var most = ulong.Parse(Environment.GetEnvironmentVariable("NEXUS_SIM_BUG_SEEDS") ?? "0");
        var rules = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var caught = 0;
        var seed = 0UL;
        while (most > 0 ? seed < most : caught == 0 && seed < 60)
        {
            var outcome = await SeedRun.PlayAsync(++seed, PlantedBugs.Find(name));
            if (outcome.Failure is not null)
            {
                caught++;
                var rule = outcome.Failure is Violation violation ? violation.Rule : outcome.Failure.GetType().Name;
                rules[rule] = rules.GetValueOrDefault(rule) + 1;
            }
        }

        output.WriteLine($"{name}: caught by {caught} of {seed} seeds ({string.Join(", ", rules.Select(r => $"{r.Key}: {r.Value}"))})");
        Assert.True(caught > 0, $"{name} survived {seed} seeds: a fault or a check is missing.");
    }
}
