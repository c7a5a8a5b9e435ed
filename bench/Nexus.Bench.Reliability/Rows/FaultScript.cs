using System.Diagnostics;
using Nexus.Bench.Reliability.Beds;

namespace Nexus.Bench.Reliability.Rows;

/// <summary>The faults that are the same for every orchestrator, and how their ends are told. Each begins and ends settled.</summary>
internal sealed class FaultScript(IBed bed, BenchLoad load)
{
    private const int Usual = 3;
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    // Longer than any window in which a replica's own past counts (restart.reset_after, slow start).
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1.5);

    private int _turn;
    private string _tag = "local";

    /// <summary>SIGKILL to a replica's main process.</summary>
    public async Task<Outcome> KillAsync(CancellationToken cancellationToken)
    {
        var (victim, pid) = await PickAsync(cancellationToken);
        load.Begin();
        var begin = Begin.Now();
        Shell.Kill(pid);
        return await ReplacedAsync(victim, begin, cancellationToken);
    }

    /// <summary>SIGSTOP to all of a replica: it accepts connections and answers none.</summary>
    public async Task<Outcome> HangAsync(CancellationToken cancellationToken)
    {
        var (victim, pid) = await PickAsync(cancellationToken);
        load.Begin();
        var begin = Begin.Now();
        await Shell.SignalTreeAsync(pid, "STOP", cancellationToken);
        return await ReplacedAsync(victim, begin, cancellationToken);
    }

    /// <summary>A new version that is good.</summary>
    /// <param name="tag"><c>late</c> listens after five seconds under the default check, <c>renamed</c> is a pool of another name; both are
    /// taken back afterwards. Null is another image.</param>
    /// <param name="cancellationToken">Ends the bench.</param>
    public async Task<Outcome> RollAsync(string? tag, CancellationToken cancellationToken)
    {
        await SettledAsync(Usual, cancellationToken);
        var before = await bed.RoutedAsync(cancellationToken);
        _tag = tag is not null ? _tag : _tag == "local" ? "v2" : "local";
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        await bed.ApplyAsync(Usual, tag ?? _tag, cancellationToken);
        var updated = await UntilAsync(
            async () => await bed.RoutedAsync(cancellationToken) is var routed && routed.Count == Usual && !routed.Overlaps(before)
                && (await bed.DeployAsync(cancellationToken)).State is DeployState.Done,
            "the new version serves alone", started, Coarse, cancellationToken);
        var traffic = await RestAsync(cancellationToken);
        if (tag is not null)
        {
            await bed.ApplyAsync(Usual, _tag, cancellationToken);
            await SettledAsync(Usual, cancellationToken);
        }

        return new Outcome(traffic, Outcome.TimesOf(("total", updated)));
    }

    /// <summary>A new version that is not: the pool has to be as before in the end.</summary>
    /// <param name="tag"><c>broken</c> exits soon, <c>sick</c> never gets healthy, <c>never</c> never listens under the default check.</param>
    /// <param name="cancellationToken">Ends the bench.</param>
    public async Task<Outcome> BreakAsync(string tag, CancellationToken cancellationToken)
    {
        await SettledAsync(Usual, cancellationToken);
        var earlier = (await bed.DeployAsync(cancellationToken)).Number;
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        await bed.ApplyAsync(Usual, tag, cancellationToken);
        Deploy? deploy = null;
        var decided = await UntilAsync(
            async () =>
            {
                deploy = await bed.DeployAsync(cancellationToken);
                return deploy.Number != earlier && deploy.State is (DeployState.GoingBack or DeployState.RolledBack or DeployState.Stuck);
            },
            "the deploy is given up", started, Coarse, cancellationToken);
        var least = (await bed.RoutedAsync(cancellationToken)).Count;
        var stuck = deploy!.State == DeployState.Stuck;
        var back = stuck ? decided : await UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)).Count == Usual
                && (await bed.DeployAsync(cancellationToken)).State is (DeployState.RolledBack or DeployState.Done),
            "the earlier version serves alone again", started, Coarse, cancellationToken);
        var traffic = await RestAsync(cancellationToken);

        // The document asks for what is good again, so that the next one begins settled.
        await bed.ApplyAsync(Usual, _tag, cancellationToken);
        await SettledAsync(Usual, cancellationToken);
        return new Outcome(
            traffic, Outcome.TimesOf(("decision", decided), ("back", back)),
            $"{(stuck ? "not rolled back; " : "")}{least} of {Usual} served at the decision; reason: {deploy.Reason}");
    }

    /// <summary>From three replicas to more, and back.</summary>
    public async Task<Outcome> ScaleAsync(int most, CancellationToken cancellationToken)
    {
        await SettledAsync(Usual, cancellationToken);
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        await bed.ApplyAsync(most, _tag, cancellationToken);
        var up = await UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)).Count == most, $"{most} replicas serve", started, Coarse, cancellationToken);
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        started = Stopwatch.GetTimestamp();
        await bed.ApplyAsync(Usual, _tag, cancellationToken);
        var down = await UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)).Count == Usual && await bed.ContainersAsync(cancellationToken) == Usual,
            "three replicas are left", started, Coarse * 4, cancellationToken);
        return new Outcome(await RestAsync(cancellationToken), Outcome.TimesOf(($"3→{most}", up), ($"{most}→3", down)));
    }

    /// <summary>Waits until so many replicas serve, and nothing else exists or is under way.</summary>
    public async Task SettledAsync(int replicas, CancellationToken cancellationToken)
    {
        await UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)).Count == replicas
                && (await bed.DeployAsync(cancellationToken)).IsOver
                && await bed.ContainersAsync(cancellationToken) == replicas,
            $"{replicas} replicas serve and nothing is under way", Stopwatch.GetTimestamp(), Coarse * 4, cancellationToken);
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
    }

    /// <summary>A replica, in turn, and its main process.</summary>
    public async Task<(string Victim, int Pid)> PickAsync(CancellationToken cancellationToken)
    {
        await SettledAsync(Usual, cancellationToken);
        var routed = (await bed.RoutedAsync(cancellationToken)).Order(StringComparer.Ordinal).ToList();
        var victim = routed[_turn++ % routed.Count];
        return (victim, await Shell.PidOfAsync(await bed.ContainerOfAsync(victim, cancellationToken), cancellationToken));
    }

    /// <summary>Lets what is under way be answered, and counts.</summary>
    public async Task<Traffic> RestAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        return await load.EndAsync();
    }

    /// <summary>Asks again and again; returns how long after <paramref name="started"/> the answer was yes. The pause is the
    /// resolution: without one the question would take the CPU that the answer waits for.</summary>
    public static async Task<TimeSpan> UntilAsync(
        Func<Task<bool>> condition, string what, long started, TimeSpan pause, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        while (true)
        {
            // Who does not answer has not said yes; a control plane that is broken on purpose answers late.
            var trouble = "";
            try
            {
                if (await condition())
                {
                    return Stopwatch.GetElapsedTime(started);
                }
            }
            catch (HttpRequestException e)
            {
                trouble = " " + e.Message;
            }

            if (Stopwatch.GetElapsedTime(asked) > Limit)
            {
                throw new TimeoutException($"It did not happen within {Limit.TotalSeconds:0} s: {what}.{trouble}");
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
        }
    }

    // When it went is told by who sends the requests: asking every few milliseconds would take the CPU that the answer waits for, and the
    // answer, on a machine that is busy just then, would come later than what it tells.
    private async Task<Outcome> ReplacedAsync(string victim, Begin begin, CancellationToken cancellationToken)
    {
        DateTimeOffset? since = null;
        await UntilAsync(
            async () => (since = await bed.OutSinceAsync(victim, cancellationToken)) is not null, "it is out of rotation", begin.Timestamp, Coarse,
            cancellationToken);
        var replaced = await UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)) is var routed && routed.Count == Usual && !routed.Contains(victim),
            "its replacement serves", begin.Timestamp, Coarse, cancellationToken);
        return new Outcome(await RestAsync(cancellationToken), Outcome.TimesOf(("out", since!.Value - begin.At), ("replaced", replaced)));
    }

    private readonly record struct Begin(long Timestamp, DateTimeOffset At)
    {
        public static Begin Now() => new(Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
    }
}
