using System.Globalization;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class SeedTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_seed_of_the_environment_holds()
    {
        var text = Environment.GetEnvironmentVariable("NEXUS_SIM_SEED");
        Assert.SkipWhen(text is null, "NEXUS_SIM_SEED names no seed (such as 7, or 1-200).");
        var trace = Environment.GetEnvironmentVariable("NEXUS_SIM_TRACE");
        var bug = PlantedBugs.Find(Environment.GetEnvironmentVariable("NEXUS_SIM_BUG"));
        var ends = text!.Split('-').Select(t => ulong.Parse(t, CultureInfo.InvariantCulture)).ToList();
        var failed = 0;
        for (var seed = ends[0]; seed <= ends[^1]; seed++)
        {
            await using var copy = trace is null ? null : new StreamWriter(trace) { AutoFlush = true };
            var outcome = await SeedRun.PlayAsync(seed, bug, copy);
            output.WriteLine(outcome.ToString());
            failed += outcome.Failure is null ? 0 : 1;
        }

        Assert.Equal(0, failed);
    }
}
