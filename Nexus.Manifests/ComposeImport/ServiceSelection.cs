using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Which services become pools: those of the active profiles that run on.</summary>
/// <param name="Kept">The services that become pools.</param>
/// <param name="LeftOut">Those that do not, with what to do instead.</param>
internal sealed record ServiceSelection(SpecMapping Kept, IReadOnlyDictionary<string, string> LeftOut)
{
    private const string Any = "*";

    /// <summary>Selects, and warns of every service that is left out.</summary>
    public static ServiceSelection Compute(SpecCursor services, SpecMapping map, ComposeSource source, ComposeProject project)
    {
        var leftOut = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var awaited = Awaited(services, map);
        var used = Used(services, map, source);
        foreach (var entry in map.Entries.Where(entry => entry.Value is SpecMapping))
        {
            var service = services.Enter(entry);
            var profiles = Profiles(service);
            if (!profiles.IsEmpty && !profiles.Any(source.Profiles.Contains) && !source.Profiles.Contains(Any))
            {
                var names = string.Join(" or ", profiles.Select(name => Excerpt.Cut(name)));
                service.Warn($"is left out: its profile {names} is not active; name it with --profile or in COMPOSE_PROFILES to import it");
                leftOut.Add(entry.Name, $"import it with --profile {Excerpt.Cut(profiles[0])}");
            }
            else if (OneShot.Reason(entry.Name, service, awaited.Contains(entry.Name), used.Contains(entry.Name) || map.Entries.Length == 1) is { } reason)
            {
                if (used.Contains(entry.Name) && !awaited.Contains(entry.Name))
                {
                    service.Warn($"may run to completion ({reason}), and a pool starts it again each time it ends; it becomes a pool since another service needs it while it runs");
                    continue;
                }

                var run = RunByHand.Command(source, project, entry.Name);
                service.Warn($"is left out: it runs to completion ({reason}), and a pool would start it again each time it ends; run it by hand: {run}");
                leftOut.Add(entry.Name, $"run it by hand: {run}");
            }
        }

        WarnOfUnknown(services, map, source.Profiles);
        return new ServiceSelection(map with { Entries = [.. map.Entries.Where(entry => !leftOut.ContainsKey(entry.Name))] }, leftOut);
    }

    /// <summary>The profiles of a service; none means that it is always there.</summary>
    private static ImmutableArray<string> Profiles(SpecCursor service) =>
        [.. ComposeValue.Texts(service, "profiles").Select(profile => profile.Text)];

    private static ImmutableHashSet<string> Awaited(SpecCursor services, SpecMapping map) =>
    [
        .. map.Entries.SelectMany(entry => ServiceMentions.Dependencies(services.Enter(entry)))
            .Where(dependency => dependency.Condition == "service_completed_successfully").Select(dependency => dependency.Service),
    ];

    // By others: as something that is started and not awaited, as a host, or as a part of them.
    private static ImmutableHashSet<string> Used(SpecCursor services, SpecMapping map, ComposeSource source)
    {
        var hosts = ServiceHosts.Compute(services, map);
        return
        [
            .. map.Entries.SelectMany(entry => ServiceMentions.Dependencies(services.Enter(entry)))
                .Where(dependency => dependency.Condition != "service_completed_successfully").Select(dependency => dependency.Service),
            .. map.Entries.SelectMany(entry => ServiceMentions.Attachments(services.Enter(entry)).Select(name => hosts.Find(services.Enter(entry), name)).OfType<string>()),
            .. hosts.Uses(services, map, source).Select(use => use.Service),
        ];
    }

    private static void WarnOfUnknown(SpecCursor services, SpecMapping map, ImmutableArray<string> active)
    {
        var known = map.Entries.SelectMany(entry => Profiles(services.Enter(entry) with { Problems = new ProblemList() })).ToHashSet(StringComparer.Ordinal);
        foreach (var profile in active.Where(profile => profile != Any && !known.Contains(profile)))
        {
            services.Warn($"no service has the profile {Excerpt.Cut(profile)}"
                + (NearestName.Find(profile, known) is { } near ? $"; did you mean '{near}'?" : ""));
        }
    }
}
