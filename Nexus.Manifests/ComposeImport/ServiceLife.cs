using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>How a service ends, comes back and is replaced.</summary>
internal sealed class ServiceLife(SpecCursor service, SpecCursor deploy, PoolDraft pool)
{
    public void Read(int replicas, VolumeTurn turn)
    {
        if (ComposeValue.Duration(service, "stop_grace_period") is { } grace)
        {
            Span("drain.stop_timeout", grace, service.Child("stop_grace_period"));
        }

        if (ComposeValue.Text(service, "stop_signal") is { } signal and not ("SIGTERM" or "15"))
        {
            service.Child("stop_signal").Warn($"{Excerpt.Cut(signal)} is not carried over: a replica is stopped by SIGTERM");
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
            service.Child("restart").Warn(policy is "no"
                ? "is not carried over: what ends is started again, always; a pool is no place for what shall end"
                : "is not carried over: what ends is started again, with exit code 0 as well");
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
            Span("restart.initial_delay", delay, restart.Child("delay"));
        }
    }

    private void Update(SpecCursor update, int replicas, string? held)
    {
        var order = ComposeValue.Text(update, "order") ?? "stop-first";
        var given = ComposeValue.Whole(update, "parallelism");
        var parallelism = given == 0 ? Math.Max(1, replicas) : given ?? 1;
        var at = update.Child("parallelism");
        if (order is not ("start-first" or "stop-first"))
        {
            update.Child("order").Error($"found {Excerpt.Quote(order)}; allowed is start-first or stop-first");
        }
        else if (order == "stop-first")
        {
            if (held is null)
            {
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
            Span("rollout.min_healthy_time", monitor, update.Child("monitor"));
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

    private void Span(string key, TimeSpan span, SpecCursor from) =>
        pool.Set(key, YamlTree.Literal(SpecDuration.Format(TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds)))), from);
}
