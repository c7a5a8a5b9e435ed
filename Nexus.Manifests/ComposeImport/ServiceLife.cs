using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>How a service ends, comes back and is replaced.</summary>
internal sealed class ServiceLife(SpecCursor service, SpecCursor deploy, PoolDraft pool)
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Room for placing a replica and making its container.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);
    private TimeSpan _stopTimeout = new DrainSpec().StopTimeout;
    private bool _stopsFirst;
    private TimeSpan _minHealthyTime = new RolloutSpec().MinHealthyTime;

    /// <summary>Sets how it ends, comes back and is replaced.</summary>
    /// <param name="replicas">How many there are.</param>
    /// <param name="turn">What its volumes demand.</param>
    /// <param name="startup">How long a start may take.</param>
    public void Read(int replicas, VolumeTurn turn, TimeSpan startup)
    {
        if (ComposeValue.Duration(service, "stop_grace_period") is { } grace)
        {
            _stopTimeout = grace;
            Span("drain.stop_timeout", grace, Longest, service.Child("stop_grace_period"));
        }

        if (ComposeValue.Text(service, "stop_signal") is { } signal and not ("SIGTERM" or "TERM" or "15"))
        {
            service.Child("stop_signal").Warn($"{Excerpt.Cut(signal)} is not carried over: a replica gets the image's own STOPSIGNAL, else SIGTERM");
        }

        Restart();
        if (ComposeValue.At(deploy, "update_config") is { } update)
        {
            ComposeKeys.Update.Judge(update);
            Update(update, replicas, Held(turn));
        }

        if (turn == VolumeTurn.Order && !pool.Has("host_port"))
        {
            pool.Set("rollout.order", "stop_first", service.Child("volumes"),
                "another service has a volume of it too, so it cannot be exclusive; the old replica stops before its successor starts, as in Compose");
        }

        Deadline(startup, pool.Has("host_port") || turn != VolumeTurn.None || _stopsFirst);
    }

    // A start that may take long must not end its rollout before.
    private void Deadline(TimeSpan startup, bool stopsFirst)
    {
        var needed = startup + _minHealthyTime + Slack + (stopsFirst ? new DrainSpec().Timeout + _stopTimeout : TimeSpan.Zero);
        if (needed > new RolloutSpec().ProgressDeadline)
        {
            var deadline = TimeSpan.FromSeconds(Math.Ceiling(Math.Min(needed.TotalSeconds, Day.TotalSeconds)));
            pool.Set("rollout.progress_deadline", YamlTree.Literal(SpecDuration.Format(deadline)), service, "longer than a start may take");
        }
    }

    // What has its replicas stop first, whatever update_config says.
    private string? Held(VolumeTurn turn) => pool.Has("host_port") ? "a host_port" : turn switch
    {
        VolumeTurn.Exclusive => "an exclusive volume",
        VolumeTurn.Order => "a volume that it writes to",
        _ => null,
    };

    private void Restart()
    {
        if (ComposeValue.Text(service, "restart") is { } policy && policy is not ("always" or "unless-stopped"))
        {
            service.Child("restart").Warn(policy.Split(':') switch
            {
                ["no" or "false"] => "is not carried over: what ends is started again, always; a pool is no place for what shall end",
                ["on-failure", var most] => $"is not carried over: what ends is started again, with exit code 0 as well, and more often than {Excerpt.Cut(most)} times",
                ["on-failure"] => "is not carried over: what ends is started again, with exit code 0 as well",
                _ => $"{Excerpt.Cut(policy)} is no policy of Compose: what ends is started again, always",
            });
        }

        if (ComposeValue.At(deploy, "restart_policy") is not { } restart)
        {
            return;
        }

        ComposeKeys.Restart.Judge(restart);
        if (ComposeValue.Text(restart, "condition") is { } condition and not "any")
        {
            restart.Child("condition").Warn($"{Excerpt.Cut(condition)} is not carried over: what ends is started again, always");
        }

        if (ComposeValue.Duration(restart, "delay") is { } delay)
        {
            var at = restart.Child("delay");
            at.Warn("is the delay before the second restart in a row; later ones double it, up to restart.max_delay");
            Span("restart.initial_delay", delay, Longest, at);
            if (delay > new RestartSpec().MaxDelay)
            {
                Span("restart.max_delay", delay, Longest, at);
            }
        }
    }

    private void Update(SpecCursor update, int replicas, string? held)
    {
        var order = ComposeValue.Text(update, "order") ?? "stop-first";
        var given = ComposeValue.Count(update, "parallelism");
        var at = update.Child("parallelism");
        var parallelism = given == 0 ? Math.Max(1, replicas) : ComposeValue.Within(given ?? 1, 1, ComposeValue.MaxReplicas, at, number => $"{number}");
        if (order is not ("start-first" or "stop-first"))
        {
            update.Child("order").Error($"found {Excerpt.Quote(order)}; allowed is start-first or stop-first");
        }
        else if (order == "stop-first")
        {
            if (held is null)
            {
                _stopsFirst = true;
                pool.Set("rollout.order", "stop_first", update.Child("order"), "start_first, the default, never has one replica less");
            }

            if (parallelism > 1)
            {
                pool.Set("rollout.max_unavailable", parallelism, at);
            }
        }
        else if (held is not null)
        {
            update.Child("order").Warn($"is not carried over: with {held}, a replica stops before its successor starts");
        }
        else if (parallelism > 1)
        {
            pool.Set("rollout.max_surge", parallelism, at);
        }

        if (ComposeValue.Duration(update, "monitor") is { } monitor)
        {
            _minHealthyTime = monitor;
            Span("rollout.min_healthy_time", monitor, Longest, update.Child("monitor"));
        }

        if (ComposeValue.Text(update, "failure_action") is { } action and not "rollback")
        {
            pool.Set("rollout.auto_rollback", false, update.Child("failure_action"));
            if (action != "pause")
            {
                update.Child("failure_action").Warn($"{Excerpt.Cut(action)} is not carried over: a rollout that failed goes no further");
            }
        }
    }

    private void Span(string key, TimeSpan span, TimeSpan most, SpecCursor from) =>
        pool.Set(key, ComposeValue.Span(span, TimeSpan.Zero, most, from), from);
}
