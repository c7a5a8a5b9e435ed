using System.Globalization;
using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const ulong Seeds = 16;

    public static TheoryData<string> Bugs => [.. PlantedBugs.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_caught(string name)
    {
        var bug = PlantedBugs.Find(name)!;
        var text = Environment.GetEnvironmentVariable("NEXUS_SIM_BUG_SEEDS");
        var most = text is null ? Seeds : ulong.Parse(text, CultureInfo.InvariantCulture);
        var rules = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 1UL; seed <= most; seed++)
        {
            var failure = (await SeedRun.PlayAsync(seed, bug)).Failure;
            Assert.True(failure is null or Violation, $"{name} broke the simulation itself at seed {seed}: {failure}");
            if (failure is Violation { Rule: var rule })
            {
                rules[rule] = rules.GetValueOrDefault(rule) + 1;
            }
        }

        var caught = rules.Values.Sum();
        output.WriteLine($"{name}: caught by {caught} of {most} seeds ({string.Join(", ", rules.Select(r => $"{r.Key}: {r.Value}"))})");
        Assert.True(caught > 0, $"{name} survived {most} seeds: a fault or a check is missing.");
    }
}
