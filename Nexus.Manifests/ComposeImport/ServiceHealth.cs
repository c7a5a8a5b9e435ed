using System.Globalization;
using System.Text.RegularExpressions;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>
/// The health check of a service. One that only asks the pool's own port becomes a check from outside, which costs the replica nothing
/// and works for images without curl.
/// </summary>
internal sealed partial class ServiceHealth(SpecCursor service, PoolDraft pool)
{
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefaultStartup = new HealthSpec().StartupTimeout;
    private static readonly TimeSpan LongestStartup = TimeSpan.FromDays(1);
    private const int DefaultRetries = 3;
    private const int MaxRetries = 100;

    /// <summary>Sets the check, and says how long a start may take.</summary>
    public TimeSpan Read(int? port)
    {
        if (ComposeValue.At(service, "healthcheck") is not { } check)
        {
            return port is null ? TimeSpan.Zero : DefaultStartup;
        }

        ComposeKeys.Healthcheck.Judge(check);
        var test = Test(check);
        if (ComposeValue.Flag(check, "disable") == true || test is ["NONE"] or ["CMD-SHELL", "NONE"])
        {
            pool.Set("health.type", "none", check);
            return TimeSpan.Zero;
        }

        if (test is null or [])
        {
            check.Warn("has no test: the image's own check is not asked under Nexus, so the times are not carried over");
            return port is null ? TimeSpan.Zero : DefaultStartup;
        }

        SetAsked(check, test, port);
        var interval = SetSpan("interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), check);
        SetSpan("timeout", TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10), check);
        var retries = ComposeValue.Count(check, "retries") is { } given and > 0 ? given : DefaultRetries;
        pool.Set("health.unhealthy_threshold", ComposeValue.Within(retries, 1, MaxRetries, check.Child("retries"), number => $"{number}"), check.Child("retries"));
        return SetStartup(check, interval, retries);
    }

    // start_period is a grace, after which failures begin to count; Compose stops nothing for them. startup_timeout is a deadline.
    private TimeSpan SetStartup(SpecCursor check, TimeSpan interval, int retries)
    {
        var unhealthyAfter = (ComposeValue.Duration(check, "start_period") ?? TimeSpan.Zero).TotalSeconds + (interval.TotalSeconds * retries);
        var startup = TimeSpan.FromSeconds(Math.Ceiling(Math.Clamp(unhealthyAfter, DefaultStartup.TotalSeconds, LongestStartup.TotalSeconds)));
        if (unhealthyAfter > LongestStartup.TotalSeconds)
        {
            check.Child("start_period").Warn("start_period and interval x retries together are longer than 1d, the longest start of a pool, so it gets 1d");
        }

        pool.Set("health.startup_timeout", YamlTree.Literal(SpecDuration.Format(startup)), check.Child("start_period"),
            "start_period + interval x retries, at least 1m; in Compose a slow start is never stopped");
        return startup;
    }

    private void SetAsked(SpecCursor check, List<string> test, int? port)
    {
        var at = check.Child("test");
        switch (test)
        {
            case [var shape, ..] when shape is not ("CMD" or "CMD-SHELL"):
                at.Error($"found {Excerpt.Quote(shape)} first; allowed is CMD, CMD-SHELL or NONE");
                return;
            case [_]:
                at.Error("found no command; allowed is a list such as [CMD, curl, -f, http://localhost/]");
                return;
        }

        var line = string.Join(' ', test.Skip(1));
        if (HttpPath(line, port) is { } path)
        {
            pool.Set("health.path", path, at);
            at.Warn("is asked over HTTP from outside the container, at the replica's address: 2xx is healthy, a redirect or any other status is not; "
                + "where that differs, write the test as health.command");
        }
        else if (Connect().Match(line) is { Success: true } match && match.Groups["port"].Value == $"{port}")
        {
            pool.Set("health.type", "tcp", at);
        }
        else
        {
            pool.Set("health.command", YamlTree.Words(test[0] == "CMD" ? test.Skip(1) : ["sh", "-c", .. test.Skip(1)]), at);
        }
    }

    // null where there is no test; a line is one for a shell.
    private static List<string>? Test(SpecCursor check) => ComposeValue.At(check, "test") switch
    {
        null => null,
        { Node: SpecScalar line } => ["CMD-SHELL", line.Text],
        _ => [.. ComposeValue.Texts(check, "test").Select(word => word.Text)],
    };

    private static string? HttpPath(string line, int? port)
    {
        // Without -f, curl is content with any answer.
        if (port is null || Ask().Match(line) is not { Success: true } match || (match.Groups["curl"].Success && !FailsByStatus().IsMatch(line)))
        {
            return null;
        }

        // No pool has a port out of range, however many digits it has.
        int? asked = match.Groups["port"] is not { Success: true, Value: var text } ? 80
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return asked != port ? null : match.Groups["path"] is not { Success: true, Length: > 0 } path ? "/" : IsAskable(path.Value) ? path.Value : null;
    }

    // What a pool takes as a path: visible ASCII, no fragment, whole escapes.
    private static bool IsAskable(string path) => path.All(c => c is >= '!' and <= '~' and not ('#' or '\\')) && !UrlPath.HasBrokenOctet(path);

    // Docker takes 0 for its default.
    private TimeSpan SetSpan(string key, TimeSpan least, TimeSpan most, SpecCursor check)
    {
        var given = ComposeValue.Duration(check, key);
        var span = given is { } own && own > TimeSpan.Zero ? own : DefaultSpan;
        var value = ComposeValue.Span(span, least, most, check.Child(key));
        if (given is null)
        {
            pool.Set($"health.{key}", value, check, $"Compose's default; without it, {(key == "interval" ? "2s" : "1s")}, which notices a hang sooner");
        }
        else if (given == TimeSpan.Zero)
        {
            check.Child(key).Warn("found 0s, which is Docker's default, 30s");
            pool.Set($"health.{key}", value, check.Child(key));
        }
        else
        {
            pool.Set($"health.{key}", value, check.Child(key));
        }

        return span;
    }

    // Programs that ask for one page and tell by their exit code, with nothing but flags that do not change what is asked.
    [GeneratedRegex("""
        \A\s*((?<curl>curl)|wget)(\s+(-[fsSqLkIO]+|--fail|--silent|--show-error|--quiet|--spider|--no-verbose|-nv|--tries=\d+|--no-check-certificate|(-O|-o|--output)\s*(/dev/null|-)|(-T|-t|-m|--max-time|--timeout)[\s=]?\d+))*\s+
        ["']?http://(localhost|127\.0\.0\.1|0\.0\.0\.0)(:(?<port>\d+))?(?<path>/[^\s"'?|;&$]*)?["']?(\s+(-[fsSqL]+|(-O|-o|--output)\s*(/dev/null|-)))*(\s*>\s*/dev/null)?(\s+2>&1)?\s*(\|\|\s*exit\s+1)?\s*\z
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Ask();

    [GeneratedRegex(@"\s(-[a-zA-Z]*f[a-zA-Z]*|--fail)(\s|\z)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FailsByStatus();

    [GeneratedRegex(@"\A\s*nc(\s+-[zvw]+(\s+\d+)?)*\s+(localhost|127\.0\.0\.1)\s+(?<port>\d+)\s*(\|\|\s*exit\s+1)?\s*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Connect();
}
