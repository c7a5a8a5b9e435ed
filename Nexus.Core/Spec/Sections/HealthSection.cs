using System.Collections.Immutable;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of <c>health</c>, and what the type is when none is given.</summary>
internal static class HealthSection
{
    private const int MaxThreshold = 100;

    public static Section<HealthSpec> Section { get; } = new(new HealthSpec(),
    [
        new SpecKey<HealthSpec, HealthCheckType>("type", new ChoiceValue<HealthCheckType>(
            ("tcp", HealthCheckType.Tcp), ("http", HealthCheckType.Http),
            ("script", HealthCheckType.Script), ("none", HealthCheckType.None)), null, (h, v) => h with { Type = v },
            "How a check asks: tcp connects, http wants 2xx from a GET, script wants exit code 0, none calls running healthy.")
            { DefaultNote = "http if path is given, script if command is given, none without a port, else tcp" },
        new SpecKey<HealthSpec, string>("path", new TextValue("a path such as /health", @"/[!-~]*") { Objection = NoUrl }, h => h.Path,
            (h, v) => h with { Path = v },
            "Path of an http check."),
        new SpecKey<HealthSpec, ImmutableArray<string>>("command", new CommandValue(), null,
            (h, v) => h with { Command = v },
            "Command of a script check, run in the replica."),
        new SpecKey<HealthSpec, TimeSpan>("interval", DurationValue.OfSeconds(0.1, 3600), h => h.Interval,
            (h, v) => h with { Interval = v },
            "Time between checks."),
        new SpecKey<HealthSpec, TimeSpan>("timeout", DurationValue.OfSeconds(0.05, 600), h => h.Timeout,
            (h, v) => h with { Timeout = v },
            "How long one check may take."),
        new SpecKey<HealthSpec, int>("unhealthy_threshold", new WholeValue(1, MaxThreshold),
            h => h.UnhealthyThreshold, (h, v) => h with { UnhealthyThreshold = v },
            "Failed checks in a row that make a replica unhealthy."),
        new SpecKey<HealthSpec, int>("healthy_threshold", new WholeValue(1, MaxThreshold), h => h.HealthyThreshold,
            (h, v) => h with { HealthyThreshold = v },
            "Good checks in a row that make it healthy again."),
        new SpecKey<HealthSpec, TimeSpan>("startup_timeout", DurationValue.OfSeconds(1, 86_400),
            h => h.StartupTimeout, (h, v) => h with { StartupTimeout = v },
            "How long after its start the first good check may take before the start counts as failed."),
    ])
    {
        Planned = ["startup", "readiness", "liveness"],
        Complete = Complete,
    };

    /// <summary>The rules that need the pool's port. <paramref name="pool"/> is the pool's own place.</summary>
    public static HealthSpec ForPort(HealthSpec health, int? port, SpecCursor pool)
    {
        var at = pool.Child("health");
        var isGiven = pool.Has("health");
        if (port is not null || !pool.IsSound("port", "health"))
        {
            return health;
        }

        if (health.Type == HealthCheckType.Http || (isGiven && at.Has("type") && health.Type == HealthCheckType.Tcp))
        {
            at.Error($"a check of type {Word(health.Type)} needs the pool's port, which is not given");
        }
        else if (health.Type == HealthCheckType.Tcp)
        {
            if (isGiven && !at.Has("type"))
            {
                at.Warn("has no effect: a pool without a port is not checked, unless by a command");
            }

            return health with { Type = HealthCheckType.None };
        }

        return health;
    }

    private static HealthSpec Complete(HealthSpec health, SpecCursor cursor)
    {
        var (hasType, hasPath, hasCommand) = (cursor.Has("type"), cursor.Has("path"), cursor.Has("command"));
        if (!cursor.IsSound("type", "path", "command"))
        {
            return health;
        }

        if (!hasType)
        {
            health = health with
            {
                Type = hasPath ? HealthCheckType.Http : hasCommand ? HealthCheckType.Script : HealthCheckType.Tcp,
            };
        }

        if (hasPath && health.Type != HealthCheckType.Http)
        {
            cursor.Child("path").Error($"has no meaning for type {Word(health.Type)}; allowed with http");
        }

        if (hasCommand && health.Type != HealthCheckType.Script)
        {
            cursor.Child("command").Error($"has no meaning for type {Word(health.Type)}; allowed with script");
        }

        if (!hasCommand && health.Type == HealthCheckType.Script)
        {
            cursor.Child("type").Error("a check of type script needs a command");
        }

        if (health.Type == HealthCheckType.None && cursor.Node is SpecMapping { Entries.Length: > 1 } && !hasPath && !hasCommand)
        {
            cursor.Warn("a pool with a check of type none is not checked: the other keys have no effect");
        }

        if (health.Timeout > health.Interval && cursor.IsSound("interval", "timeout"))
        {
            var given = cursor.Has("timeout") ? "" : "the default timeout, ";
            cursor.Child("timeout").Warn($"{given}{Values.SpecDuration.Format(health.Timeout)}{(given.Length > 0 ? "," : "")} is longer than the interval, "
                + $"{Values.SpecDuration.Format(health.Interval)}: a hanging replica is noticed late");
        }

        return health;
    }

    // Consul's agent and the worker agent make a URL of it.
    private static string? NoUrl(string path) =>
        path.Contains('#') ? "a # begins a fragment, which is never sent; write %23"
        : path.Contains('\\') ? "a backslash is written %5C in a URL"
        : UrlPath.HasBrokenOctet(path) ? "% is followed by two hexadecimal digits"
        : null;

    private static string Word(HealthCheckType type) => type switch
    {
        HealthCheckType.Tcp => "tcp",
        HealthCheckType.Http => "http",
        HealthCheckType.Script => "script",
        _ => "none",
    };
}
