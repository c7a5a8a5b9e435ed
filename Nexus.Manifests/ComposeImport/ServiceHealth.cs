using System.Globalization;
using System.Text.RegularExpressions;
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
    private const int DefaultRetries = 3;

    public void Read(int? port)
    {
        if (ComposeValue.At(service, "healthcheck") is not { } check)
        {
            return;
        }

        ComposeKeys.Healthcheck.Judge(check);
        var test = Test(check);
        if (ComposeValue.Flag(check, "disable") == true || test is ["NONE"])
        {
            pool.Set("health.type", "none", check);
            return;
        }

        if (test is null)
        {
            check.Warn("has no test: the image's own check is not asked under Nexus, so the times are not carried over");
            return;
        }

        SetAsked(check, test, port);
        SetSpan("interval", ComposeValue.Duration(check, "interval") ?? DefaultSpan, check);
        SetSpan("timeout", ComposeValue.Duration(check, "timeout") ?? DefaultSpan, check);
        pool.Set("health.unhealthy_threshold", ComposeValue.Whole(check, "retries") is { } retries and > 0 ? retries : DefaultRetries, Given(check, "retries"));
        if (ComposeValue.Duration(check, "start_period") is { } start && start >= TimeSpan.FromSeconds(1))
        {
            SetSpan("startup_timeout", start, check, "start_period");
        }
    }

    private void SetAsked(SpecCursor check, List<string> test, int? port)
    {
        var at = Given(check, "test");
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
        if (port is null || Ask().Match(line) is not { Success: true } match)
        {
            return null;
        }

        var asked = match.Groups["port"] is { Success: true, Value: var text } ? int.Parse(text, CultureInfo.InvariantCulture) : 80;
        return asked != port ? null : match.Groups["path"] is { Success: true, Length: > 0 } path ? path.Value : "/";
    }

    private void SetSpan(string key, TimeSpan span, SpecCursor check, string? given = null)
    {
        var at = Given(check, given ?? key);
        var whole = TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds));
        if (check.Has(given ?? key))
        {
            pool.Set($"health.{key}", YamlTree.Literal(SpecDuration.Format(whole)), at);
        }
        else
        {
            pool.Set($"health.{key}", YamlTree.Literal(SpecDuration.Format(whole)), at, $"Compose's default; without it, {(key == "interval" ? "2s" : "1s")}, which notices a hang sooner");
        }
    }

    private static SpecCursor Given(SpecCursor check, string key) => check.Child(key);

    // Programs that ask for one page and tell by their exit code, with nothing but flags that do not change what is asked.
    [GeneratedRegex("""
        \A\s*(curl|wget)(\s+(-[fsSqLkIO]+|--fail|--silent|--show-error|--quiet|--spider|--no-verbose|-nv|--tries=\d+|--no-check-certificate|(-O|-o|--output)\s*(/dev/null|-)|(-T|-t|-m|--max-time|--timeout)[\s=]?\d+))*\s+
        ["']?http://(localhost|127\.0\.0\.1|0\.0\.0\.0)(:(?<port>\d+))?(?<path>/[^\s"'?|;&$]*)?["']?(\s+(-[fsSqL]+|(-O|-o|--output)\s*(/dev/null|-)))*(\s*>\s*/dev/null)?(\s+2>&1)?\s*(\|\|\s*exit\s+1)?\s*\z
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Ask();

    [GeneratedRegex(@"\A\s*nc(\s+-[zvw]+(\s+\d+)?)*\s+(localhost|127\.0\.0\.1)\s+(?<port>\d+)\s*(\|\|\s*exit\s+1)?\s*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Connect();
}
