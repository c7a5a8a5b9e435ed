using System.Collections.Immutable;
using System.Globalization;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Preview;

/// <summary>Names the keys that differ, in the words of the document.</summary>
public static class SpecDifferences
{
    /// <summary>Keys of two versions of a pool that differ. Values of the environment are not shown: they may be secret.</summary>
    public static ImmutableArray<string> Of(PoolSpec before, PoolSpec after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var old = PoolKeys(before).ToDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal);
        var next = PoolKeys(after).ToDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal);
        return
        [
            .. old.Keys.Union(next.Keys)
                .Where(key => old.GetValueOrDefault(key) != next.GetValueOrDefault(key))
                .Select(key => Line(key, old.GetValueOrDefault(key), next.GetValueOrDefault(key))),
        ];
    }

    /// <summary>Routes that come (<c>+ example.org/ → web</c>), go or change.</summary>
    public static ImmutableArray<string> OfRoutes(ClusterSpec before, ClusterSpec after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var old = before.Gateway.Routes.ToDictionary(Place, StringComparer.Ordinal);
        var next = after.Gateway.Routes.ToDictionary(Place, StringComparer.Ordinal);
        return
        [
            .. old.Keys.Union(next.Keys).Order(StringComparer.Ordinal)
                .Select(place => RouteLine(place, old.GetValueOrDefault(place), next.GetValueOrDefault(place)))
                .OfType<string>(),
        ];
    }

    /// <summary>Keys of the cluster and of its gateways, routes aside, that differ: <c>drills: forbidden → allowed</c>.</summary>
    public static ImmutableArray<string> OfSettings(ClusterSpec before, ClusterSpec after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return
        [
            .. Settings(before).Zip(Settings(after), (was, now) => (now.Key, Before: was.Value, After: now.Value))
                .Where(setting => setting.Before != setting.After)
                .Select(setting => Line(setting.Key, setting.Before, setting.After)),
        ];
    }

    private static string? RouteLine(string place, RouteSpec? before, RouteSpec? after) => (before, after) switch
    {
        (null, { } come) => $"+ {place} → {come.Pool}",
        ({ } gone, null) => $"- {place} → {gone.Pool}",
        ({ } was, { } @is) when was.Pool != @is.Pool => $"~ {place} → {was.Pool} → {@is.Pool}",
        ({ } was, { } @is) when was != @is => $"~ {place} → {@is.Pool}, with other settings",
        _ => null,
    };

    private static string Place(RouteSpec route) => route.Host + route.Path;

    private static string Line(string key, string? before, string? after) =>
        key.StartsWith("env.", StringComparison.Ordinal)
            ? $"{key}: {(before is null ? "added" : after is null ? "removed" : "changed")}"
            : $"{key}: {Show(before)} → {Show(after)}";

    private static string Show(string? value) => string.IsNullOrEmpty(value) ? "none" : value;

    private static IEnumerable<(string Key, string? Value)> PoolKeys(PoolSpec pool)
    {
        yield return ("min_replicas", Text(pool.MinReplicas));
        yield return ("max_replicas", Text(pool.MaxReplicas));
        yield return ("warm_standby", Text(pool.WarmStandby));
        yield return ("replace", pool.Replace ? "true" : "false");
        foreach (var key in TemplateKeys(pool.Template).Concat(HealthKeys(pool.Template.Health)).Concat(RolloutKeys(pool.Rollout)))
        {
            yield return key;
        }

        yield return ("placement.constraints", string.Join(", ", pool.Placement.Constraints.Select(c => $"{c.Key}={c.Value}")));
        yield return ("placement.arch", pool.Placement.Arch);
        yield return ("placement.spread", pool.Placement.Spread.ToString());
        yield return ("placement.volume_affinity", pool.Placement.VolumeAffinity?.ToString());
        foreach (var key in OutlierKeys(pool.OutlierDetection))
        {
            yield return key;
        }
    }

    private static IEnumerable<(string Key, string? Value)> OutlierKeys(OutlierDetectionSpec outlier)
    {
        yield return ("outlier_detection.enabled", outlier.Enabled ? "true" : "false");
        yield return ("outlier_detection.error_rate", $"{Text(outlier.ErrorRatePercent)}%");
        yield return ("outlier_detection.min_requests", Text(outlier.MinRequests));
        yield return ("outlier_detection.min_replicas", Text(outlier.MinReplicas));
        yield return ("outlier_detection.max_ejected", $"{Text(outlier.MaxEjectedPercent)}%");
        yield return ("outlier_detection.ejection_time", Text(outlier.EjectionTime));
        yield return ("outlier_detection.max_ejection_time", Text(outlier.MaxEjectionTime));
    }

    private static IEnumerable<(string Key, string? Value)> TemplateKeys(PoolTemplate template)
    {
        yield return ("image", template.Image);
        yield return ("command", string.Join(' ', template.Command));
        foreach (var (name, value) in template.Env)
        {
            yield return ($"env.{name}", value);
        }

        yield return ("port", Text(template.Port));
        yield return ("host_port", Text(template.HostPort));
        yield return ("protocol", template.Protocol == AppProtocol.H2c ? "h2c" : "http1");
        yield return ("resources.cpu", CpuShare.Format(template.Resources.CpuMillicores));
        yield return ("resources.memory", ByteSize.Format(template.Resources.MemoryBytes));
        yield return ("resources.pids", Text(template.Resources.Pids));
        yield return ("user", template.User);
        yield return ("read_only", template.ReadOnly ? "true" : "false");
        yield return ("capabilities", string.Join(", ", template.Capabilities));
        yield return ("volumes", string.Join(", ", template.Volumes.Select(v =>
            $"{v.Source}:{v.Target}{(v.ReadOnly ? ":ro" : "")}{(v.Exclusive ? " (exclusive)" : "")}")));
        yield return ("restart.initial_delay", Text(template.Restart.InitialDelay));
        yield return ("restart.max_delay", Text(template.Restart.MaxDelay));
        yield return ("restart.reset_after", Text(template.Restart.ResetAfter));
        yield return ("drain.timeout", Text(template.Drain.Timeout));
        yield return ("drain.websocket_window", Text(template.Drain.WebSocketWindow));
        yield return ("drain.stop_timeout", Text(template.Drain.StopTimeout));
        yield return ("process.command", string.Join(' ', template.Process?.Command ?? []));
        yield return ("process.working_directory", template.Process?.WorkingDirectory);
    }

    private static IEnumerable<(string Key, string? Value)> HealthKeys(HealthSpec health)
    {
        yield return ("health.type", health.Type.ToString());
        yield return ("health.path", health.Path);
        yield return ("health.command", string.Join(' ', health.Command));
        yield return ("health.interval", Text(health.Interval));
        yield return ("health.timeout", Text(health.Timeout));
        yield return ("health.unhealthy_threshold", Text(health.UnhealthyThreshold));
        yield return ("health.healthy_threshold", Text(health.HealthyThreshold));
        yield return ("health.startup_timeout", Text(health.StartupTimeout));
    }

    private static IEnumerable<(string Key, string? Value)> RolloutKeys(RolloutSpec rollout)
    {
        yield return ("rollout.strategy", rollout.Strategy.ToString());
        yield return ("rollout.order", rollout.Order?.ToString());
        yield return ("rollout.max_surge", Text(rollout.MaxSurge));
        yield return ("rollout.max_unavailable", Text(rollout.MaxUnavailable));
        yield return ("rollout.min_healthy_time", Text(rollout.MinHealthyTime));
        yield return ("rollout.progress_deadline", Text(rollout.ProgressDeadline));
        yield return ("rollout.max_failures", Text(rollout.MaxFailures));
        yield return ("rollout.auto_rollback", rollout.AutoRollback ? "true" : "false");
        yield return ("rollout.keep_old", Text(rollout.KeepOld));
        yield return ("rollout.canary.steps", string.Join(", ", rollout.Canary.Steps.Select(s =>
            (s.Count is { } count ? Text(count) : $"{s.Weight}%") + (s.Pause is { } pause ? $" for {Text(pause)}" : " until promoted"))));
        yield return ("rollout.canary.limits", string.Create(
            CultureInfo.InvariantCulture, $"{rollout.Canary.MaxErrorRate}, {rollout.Canary.MaxP95Ratio}, {rollout.Canary.MinRequests}"));
    }

    private static IEnumerable<(string Key, string? Value)> Settings(ClusterSpec spec)
    {
        yield return ("cluster", spec.Cluster);
        yield return ("drills", spec.DrillsAllowed ? "allowed" : "forbidden");
        yield return ("gateway.slow_start", Text(spec.Gateway.SlowStart));
        yield return ("gateway.retry.attempts", Text(spec.Gateway.Retry.Attempts));
        yield return ("gateway.retry.budget", $"{spec.Gateway.Retry.BudgetPercent}%");
        yield return ("gateway.retry.buffer", ByteSize.Format(spec.Gateway.Retry.BufferBytes));
        yield return ("gateway.headers.content_security_policy", spec.Gateway.Headers.ContentSecurityPolicy);
        yield return ("gateway.headers.frame_options", spec.Gateway.Headers.FrameOptions);
        yield return ("gateway.headers.referrer_policy", spec.Gateway.Headers.ReferrerPolicy);
        yield return ("gateway.headers.hsts_max_age", spec.Gateway.Headers.HstsMaxAge is { } age ? Text(age) : null);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? Text(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan value) => SpecDuration.Format(value);
}
