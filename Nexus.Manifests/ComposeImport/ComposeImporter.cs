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
        if (string.IsNullOrWhiteSpace(source.Text))
        {
            return new ComposeImported(null,
                [new SpecProblem(SpecSeverity.Error, 1, 1, "", "the document is empty; a compose file names at least one service under services")]);
        }

        var (root, problem) = SpecDocument.Parse(source.Text);
        if (root is null)
        {
            return new ComposeImported(null, [problem!]);
        }

        var problems = new ProblemList();
        var values = new Interpolation(source.Variable, problems).Apply(root, "");
        var draft = new SpecDraft();
        Read(new SpecCursor(values, "", values.At, problems), source, draft);
        if (problems.HasErrors)
        {
            return new ComposeImported(null, problems.ToImmutable());
        }

        var yaml = draft.Write(source.FileName);
        foreach (var found in SpecReader.Read(yaml, source.FileName).Problems)
        {
            problems.Add(draft.AtItsOrigin(found));
        }

        return new ComposeImported(problems.HasErrors ? null : yaml, problems.ToImmutable());
    }

    private static void Read(SpecCursor file, ComposeSource source, SpecDraft draft)
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
        var project = ProjectName(file, source, draft);
        var names = ServiceNames.Compute(services, map);
        var alone = new ServiceSurroundings(source, project, ImmutableDictionary<string, ServiceOutline>.Empty, file.Child("volumes"));
        var surroundings = alone with { Services = ServiceOutline.Compute(services, names, alone) };
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

    private static string ProjectName(SpecCursor file, ComposeSource source, SpecDraft draft)
    {
        var key = file.Has(ComposeExporter.ClusterKey) ? ComposeExporter.ClusterKey : "name";
        var given = file.Has(key) && file.Child(key).Node is SpecScalar { Text.Length: > 0 } name ? name.Text : null;
        var project = ServiceNames.ToName(given ?? source.Directory.TrimEnd('/').Split('/')[^1], "project");
        if (given is not null)
        {
            draft.Top("cluster", project, file.Child(key));
        }

        return project;
    }
}
