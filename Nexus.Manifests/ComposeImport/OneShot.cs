using System.Text.RegularExpressions;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Tells services that run to completion (migrations, seeds, set-up) from those that run on: a pool would repeat them for ever.</summary>
internal static partial class OneShot
{
    /// <summary>Why a service is one, or null.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="service">The service.</param>
    /// <param name="isAwaited">Whether another waits for its completion.</param>
    /// <param name="isNeeded">Whether there is a use for it while it runs.</param>
    public static string? Reason(string name, SpecCursor service, bool isAwaited, bool isNeeded)
    {
        if (isAwaited)
        {
            return "other services wait for its completion (service_completed_successfully)";
        }

        var deploy = service.Child("deploy");
        if (service.Has("deploy") && Text(deploy, "mode") is { } mode && mode.EndsWith("-job", StringComparison.Ordinal))
        {
            return $"deploy.mode is {mode}";
        }

        var policy = Policy(service, deploy);
        if (policy is Runs.Always || Serves(service))
        {
            return null;
        }

        return IsNamedSo(name) ? "its name is that of a task that ends"
            : EndsByItself(service) ? "its command ends by itself"
            : policy is Runs.Once && !isNeeded ? "it is not restarted, and no service needs it"
            : null;
    }

    private static bool Serves(SpecCursor service) =>
        service.Has("ports") || service.Has("expose") || IsRouted(service)
        || (service.Has("healthcheck") && service.Child("healthcheck").Node is SpecMapping check && check.Find("test") is not null);

    // A proxy that reads labels sends requests to it.
    private static bool IsRouted(SpecCursor service) => ServiceMentions.Labels(service).Any(label =>
        label.Name is "caddy" || label.Name.StartsWith("traefik.http.", StringComparison.Ordinal) || label.Name.StartsWith("traefik.tcp.", StringComparison.Ordinal));

    private enum Runs
    {
        Unsaid,
        Once,
        UntilItSucceeds,
        Always,
    }

    private static Runs Policy(SpecCursor service, SpecCursor deploy)
    {
        var restart = Text(service, "restart") ?? (service.Has("deploy") && deploy.Has("restart_policy") ? Text(deploy.Child("restart_policy"), "condition") : null);
        return restart switch
        {
            null => Runs.Unsaid,
            "no" or "none" or "false" => Runs.Once,
            _ when restart.StartsWith("on-failure", StringComparison.Ordinal) => Runs.UntilItSucceeds,
            _ => Runs.Always,
        };
    }

    private static bool IsNamedSo(string name) => Array.Exists(name.ToLowerInvariant().Split('-', '_', '.'), word => NameWord().IsMatch(word));

    // Of a script, its last command decides: `migrate && serve` serves.
    private static bool EndsByItself(SpecCursor service)
    {
        var line = string.Join(' ', ServiceMentions.Words(service, "entrypoint").Concat(ServiceMentions.Words(service, "command")));
        var last = Separator().Split(line).LastOrDefault(part => part.Trim(' ', '"', '\'').Length > 0)?.Trim() ?? "";
        return Task().IsMatch(last);
    }

    private static string? Text(SpecCursor map, string key) => map.Has(key) && map.Child(key).Node is SpecScalar scalar ? scalar.Text : null;

    [GeneratedRegex(@"\A(migrat(e|es|ion|ions|or)|db?migrate|seed|seeds|seeder|seeding|init|initdb|initializer|setup|bootstrap|provision|create(buckets?|topics?)|installer)\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NameWord();

    [GeneratedRegex(@"&&|\|\||;|\n", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Separator();

    [GeneratedRegex(@"\A(exit(\s+0)?|true)\z|(\A|\s)(--?migrate\z|migrate(:[a-z]+)?(\s|\z)|migrations?\s+(run|up|apply|migrate)\b|db:(migrate|seed|setup|prepare|create|reset)\b|(db|alembic|flask db)\s+(upgrade|init|migrate|seed|push)\b|upgrade\s+head(s)?\b|database\s+update\b|createsuperuser\b|collectstatic\b)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Task();
}
