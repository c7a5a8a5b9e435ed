using System.Globalization;
using Nexus.Simulation.Tests.Planted;

namespace Nexus.Simulation.Tests;

public sealed class SeedTests(ITestOutputHelper output)
{
    private const ulong FixedSeeds = 12;

    // Seeds that once found a bug of the product, see docs/simulator.md.
    private static readonly ulong[] Finders = [63, 65, 89, 1070, 1094, 1160, 1472];

    [Fact]
    public async Task Fixed_seeds_hold()
    {
        var seeds = Enumerable.Range(1, (int)FixedSeeds).Select(i => (ulong)i).Concat(Finders);
        await PlayAsync(seeds, _ => true);
    }

    [Fact]
    public async Task Further_seeds_hold()
    {
        // With the variable, new seeds for that many seconds. Without it the same few every time, so that a commit always gives the same result.
        var seconds = Environment.GetEnvironmentVariable("NEXUS_SIM_FRESH") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var first = seconds > 0 ? (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() * 1000 : 2001;
        output.WriteLine($"Seeds from {first} on.");
        var started = TimeProvider.System.GetTimestamp();
        await PlayAsync(
            Enumerable.Range(0, seconds > 0 ? 100_000 : 3).Select(i => first + (ulong)i),
            _ => seconds == 0 || TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task A_seed_plays_the_same_every_time()
    {
        foreach (var seed in new[] { 2UL, 8UL, 31UL })
        {
            var once = await SeedRun.PlayAsync(seed);
            var again = await SeedRun.PlayAsync(seed);
            Assert.Equal((once.Hash, once.Events, once.Requests), (again.Hash, again.Events, again.Requests));
        }
    }

    [Fact]
    public async Task A_seed_of_the_environment_holds()
    {
        // One seed (7) or a range (1-200); without the variable the first, so that the replay itself is tested.
        var text = Environment.GetEnvironmentVariable("NEXUS_SIM_SEED") ?? "1";
        var trace = Environment.GetEnvironmentVariable("NEXUS_SIM_TRACE");
        var bug = Environment.GetEnvironmentVariable("NEXUS_SIM_BUG");
        var ends = text.Split('-').Select(t => ulong.Parse(t, CultureInfo.InvariantCulture)).ToList();
        var failed = 0;
        for (var seed = ends[0]; seed <= ends[^1]; seed++)
        {
            await using var copy = trace is null ? null : new StreamWriter(trace) { AutoFlush = true };
            var outcome = await SeedRun.PlayAsync(seed, PlantedBugs.Find(bug), copy);
            output.WriteLine(outcome.ToString());
            failed += outcome.Failure is null ? 0 : 1;
        }

        Assert.Equal(0, failed);
    }

    private async Task PlayAsync(IEnumerable<ulong> seeds, Func<ulong, bool> goesOn)
    {
        var failures = new List<string>();
        var played = 0;
        foreach (var seed in seeds.TakeWhile(goesOn))
        {
            var outcome = await SeedRun.PlayAsync(seed);
            played++;
            if (outcome.Failure is not null)
            {
                failures.Add($"{outcome}\n  play it again: NEXUS_SIM_SEED={seed} NEXUS_SIM_TRACE=trace.txt "
                    + "dotnet run --project tests/Nexus.Simulation.Tests -- --filter-method '*environment*' --show-live-output on\n  "
                    + string.Join("\n  ", outcome.Trace.Where(l => !l.Contains(" truth ", StringComparison.Ordinal)).TakeLast(25)));
            }
        }

        output.WriteLine($"{played} seeds played, {failures.Count} failed.");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }
}
