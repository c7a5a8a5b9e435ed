using Nexus.Core.Spec;

namespace Nexus.WorkerAgent.Health;

/// <summary>How a startup probe ended.</summary>
internal enum ProbeOutcome
{
    /// <summary>The replica serves.</summary>
    Serving,

    /// <summary>It did not within its time.</summary>
    TimedOut,

    /// <summary>It ended first.</summary>
    Exited,
}

/// <summary>A probe's outcome with the last thing it saw.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="LastProblem">Why the last try failed.</param>
internal readonly record struct ProbeResult(ProbeOutcome Outcome, string LastProblem);

/// <summary>What a startup probe has to do with the replica's life.</summary>
/// <param name="Hears">Told why it does not serve yet, once that has lasted and whenever it changes.</param>
/// <param name="Exited">Says that it ended.</param>
internal readonly record struct StartupLife(Action<string> Hears, CancellationToken Exited);

/// <summary>
/// Asks a fresh replica until it serves: at once, then every few milliseconds for the first second, for light ones serve
/// within milliseconds; later less often. Consul's own check would come an interval later. One that has just started has to
/// answer twice, a moment apart: what is broken often answers before it ends, and must not get requests in between.
/// </summary>
internal sealed class StartupProbe(ReplicaProbe probe, TimeProvider time)
{
    private static readonly TimeSpan Eager = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EagerPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks until it serves, its time is up, or <paramref name="life"/> says that it ended. One that has run before
    /// is not <paramref name="isFresh">fresh</paramref>: a single answer will do.</summary>
    public async Task<ProbeResult> RunAsync(
        HealthSpec health, HealthCheckType check, ProbeTarget target, bool isFresh, StartupLife life, CancellationToken cancellationToken)
    {
        var exited = life.Exited;
        if (check == HealthCheckType.None)
        {
            if (isFresh)
            {
                // A command that cannot be executed ends its container within moments.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(exited, cancellationToken);
                await Task.Delay(Settle, time, either.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.Serving, "");
        }

        using var limit = new CancellationTokenSource(health.StartupTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, exited, cancellationToken);
        var started = time.GetTimestamp();
        var pause = EagerPause;
        var problem = "it was not asked yet";
        var told = "";
        try
        {
            while (true)
            {
                any.Token.ThrowIfCancellationRequested();
                if (await probe.AskAsync(health, check, target, any.Token) is { } answer)
                {
                    problem = answer.Words;
                }
                else if (!isFresh)
                {
                    return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.Serving, "");
                }
                else
                {
                    isFresh = false;
                    await Task.Delay(Settle, time, any.Token);
                    continue;
                }

                await Task.Delay(pause, time, any.Token);
                if (time.GetElapsedTime(started) > Eager)
                {
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                    if (told != problem)
                    {
                        told = problem;
                        life.Hears(problem);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.TimedOut, problem);
        }
    }
}
