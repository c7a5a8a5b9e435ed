using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.ComposeExport;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Makes a <c>nexus.yaml</c> of a compose file. Pure, and what it makes has been read back before it is handed out.</summary>
public static class ComposeImporter
{
    /// <summary>The spec of a compose file, or everything that keeps it from being one.</summary>
    public static ComposeImported Compute(ComposeSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var problems = new ProblemList(isBounded: false);
        foreach (var found in source.Found)
        {
            problems.Add(found);
        }

        var roots = ComposeDocuments.Parse(source, problems);
        if (roots.IsEmpty)
        {
            return new ComposeImported(null, problems.ToImmutable());
        }

        var outer = source.Variable;
        ComposeProject? project = null;
        var interpolation = new Interpolation(name => name == ComposeProject.Variable && project is not null ? project.Name : outer(name), problems);
        project = ComposeProject.Compute([.. roots.Select(root => new SpecCursor(root, "", root.At, problems))], source, interpolation);
        source = source with { Variable = name => name == ComposeProject.Variable ? project.Name : outer(name) };
        var values = ComposeDocuments.Merge(roots, interpolation, problems);
        var draft = new SpecDraft();
        Read(new SpecCursor(values, "", values.At, problems), source, project, draft);
        if (problems.HasErrors)
        {
            return new ComposeImported(null, problems.ToImmutable());
        }

        var yaml = draft.Write(source.FileName);
        foreach (var found in SpecReader.ReadAll(yaml, source.FileName).Problems)
        {
            // Each volume has its own warning, at its place in the compose file.
            if (found.Severity == SpecSeverity.Warning && found.Key.EndsWith(".volumes", StringComparison.Ordinal))
            {
                continue;
            }

            problems.Add(draft.AtItsOrigin(found));
        }

        return new ComposeImported(problems.HasErrors ? null : yaml, problems.ToImmutable());
    }

    private static void Read(SpecCursor file, ComposeSource source, ComposeProject project, SpecDraft draft)
    {
        if (file.Node is not SpecMapping top)
        {
            file.Refuse("a map with services");
            return;
        }

        ComposeKeys.File.Judge(file);
        var services = file.Child("services");
        if (!file.Has("services") || services.Node is not SpecMapping { Entries.Length: > 0 } map)
        {
            services.Error(file.Has("services")
                ? $"found {services.Node.Describe()}; allowed is a map of at least one service by name"
                : "services is missing; allowed is a map of services by name (the form of 2014, without it, is not read)");
            return;
        }

        services.ReportFaults(map);
        FileSections.Report(file);
        var selection = ServiceSelection.Compute(services, map, source, project);
        if (selection.Kept.Entries.IsEmpty)
        {
            services.Error("no service is left to become a pool: name a profile with --profile or in COMPOSE_PROFILES, or add a service that runs on");
            return;
        }

        map = selection.Kept;
        NameCluster(file, project, draft);
        var names = ServiceNames.Compute(services, map);
        var alone = new ServiceSurroundings(source, project.Name, ImmutableDictionary<string, ServiceOutline>.Empty, file.Child("volumes"))
        {
            File = file,
            LeftOut = selection.LeftOut,
            Asked = ServiceOutline.AskedPorts(services, map, source),
        };
        var surroundings = alone with { Services = ServiceOutline.Compute(services, names, alone) };
        FileSections.AdvisePinning(file, surroundings.Services.Values);
        foreach (var entry in map.Entries)
        {
            var service = services.Enter(entry);
            if (service.Node is SpecMapping)
            {
                var pool = draft.Pool(names[entry.Name], service);
                new ServiceImport(service, pool, surroundings).Read();
            }
            else
            {
                service.Refuse("a map that describes the service");
            }
        }
    }

    // A cluster is named as the project, where somebody named that. Its own names have no underscore.
    private static void NameCluster(SpecCursor file, ComposeProject project, SpecDraft draft)
    {
        if (file.Has(ComposeExporter.ClusterKey) && file.Child(ComposeExporter.ClusterKey).Node is SpecScalar { Text.Length: > 0 } cluster)
        {
            draft.Top("cluster", ServiceNames.ToName(cluster.Text, "project"), file.Child(ComposeExporter.ClusterKey));
        }
        else if (project.At is { } at)
        {
            draft.Top("cluster", ServiceNames.ToName(project.Name, "project"), at);
        }
    }
}
