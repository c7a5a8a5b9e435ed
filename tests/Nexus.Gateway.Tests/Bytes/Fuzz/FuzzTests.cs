using System.Collections.Concurrent;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>
/// Random bytes from clients and replicas through a gateway, judged by the tests' own reading of the RFCs. NEXUS_FUZZ_CASES and
/// NEXUS_FUZZ_SEED choose more cases and others; NEXUS_FUZZ_ONLY runs one of them as many times.
/// </summary>
public sealed class FuzzTests(FuzzGateway fuzz) : IClassFixture<FuzzGateway>
{
    private const int MostFailures = 12;

    private readonly ConcurrentQueue<string> _failures = new();
    private int _valid;
    private int _errors;

    [Fact]
    public async Task Whatever_clients_and_replicas_send_is_passed_on_or_refused_without_wrong_blame()
    {
        var count = Number("NEXUS_FUZZ_CASES", 10_000);
        var seed = Number("NEXUS_FUZZ_SEED", 9110);
        if (Environment.GetEnvironmentVariable("NEXUS_FUZZ_ONLY") is { Length: > 0 } only)
        {
            for (var i = 0; i < count; i++)
            {
                var failures = await RunAsync(fuzz.Lanes[int.Parse(only) % fuzz.Lanes.Count], int.Parse(only), seed);
                Assert.True(failures is null, failures);
            }

            return;
        }

        await Task.WhenAll(fuzz.Lanes.Select((lane, offset) => RunLaneAsync(lane, offset, count, seed)));

        Assert.True(_failures.IsEmpty, string.Join("\n\n", _failures));
        Assert.InRange(_valid, count / 10, count);
        Assert.Empty(fuzz.Errors());
    }

    // Which lane a case runs in is part of it, since its host is.
    private async Task RunLaneAsync(FuzzLane lane, int offset, int count, int seed)
    {
        for (var i = offset; i < count && _failures.Count < MostFailures; i += fuzz.Lanes.Count)
        {
            if (await RunAsync(lane, i, seed) is { } failures)
            {
                _failures.Enqueue(failures);
            }
        }
    }

    private async Task<string?> RunAsync(FuzzLane lane, int number, int seed)
    {
        var @case = FuzzCase.Make(new Random((seed * 1_000_003) + number), $"c{number}.{lane.Domain}", lane.Domain, $"case {number} of seed {seed}");
        if (@case.Steps.TrueForAll(step => step.IsValid))
        {
            Interlocked.Increment(ref _valid);
        }

        var wrong = await lane.RunAsync(@case, fuzz.Gateway, TestContext.Current.CancellationToken);
        var errors = fuzz.Errors();
        if (errors.Count > Interlocked.Exchange(ref _errors, errors.Count))
        {
            wrong.Add($"an error was logged, perhaps because of another case at the same time: {errors[^1]}");
        }

        return wrong.Count == 0 ? null : $"{string.Join("\n", wrong)}\n{@case}";
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : otherwise;
}
