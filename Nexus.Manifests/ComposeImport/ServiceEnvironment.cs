using System.Text.RegularExpressions;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The variables of a service: those of its files, and over them its own.</summary>
internal sealed class ServiceEnvironment(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    private readonly OrderedDictionary<string, (string Value, SpecCursor At)> _variables = new(StringComparer.Ordinal);

    public void Read(int? port)
    {
        ReadFiles();
        ReadOwn();
        foreach (var (name, (value, at)) in _variables)
        {
            if (name == "PORT" || name.StartsWith("NEXUS_", StringComparison.Ordinal))
            {
                if (name != "PORT" || value != $"{port}")
                {
                    at.Warn($"{name} is not carried over: PORT and NEXUS_* are set by the worker agent"
                        + (name == "PORT" ? port is null ? "; there is no port" : $", PORT to {port}" : ""));
                }

                continue;
            }

            var named = surroundings.Services.Keys.FirstOrDefault(other => NamesHost(value, other));
            pool.SetVariable(name, value, at, named is null ? null : Found(name, named, at));
        }
    }

    // What has no port is in no catalog: nothing may be said of where it is found before it has one.
    private string Found(string variable, string named, SpecCursor at)
    {
        var other = surroundings.Services[named];
        at.Warn($"{variable} names the service {named}, which "
            + (other.HasPort ? "others find" : $"has no port, so it cannot be reached: add port: to worker_pools.{other.Pool}; others then find it")
            + $" as {other.Pool}.service.consul, at the port its catalog entry says");
        return other.HasPort ? $"{named} is found as {other.Pool}.service.consul" : $"{named} has no port, so it cannot be reached: add port to pool {other.Pool}";
    }

    private void ReadOwn()
    {
        if (ComposeValue.At(service, "environment") is not { } at)
        {
            return;
        }

        if (at.Node is SpecMapping map)
        {
            at.ReportFaults(map);
            foreach (var entry in map.Entries)
            {
                var variable = at.Enter(entry);
                if (entry.Value is SpecScalar scalar)
                {
                    Set(entry.Name, scalar.Kind == ScalarKind.Null && !scalar.IsQuoted ? null : scalar.Text, variable);
                }
                else
                {
                    variable.Refuse("a text, a number or a boolean");
                }
            }

            return;
        }

        foreach (var (text, item) in ComposeValue.Texts(service, "environment"))
        {
            var parts = text.Split('=', 2);
            Set(parts[0], parts.Length == 2 ? parts[1] : null, item);
        }
    }

    private void ReadFiles()
    {
        if (ComposeValue.At(service, "env_file") is not { } at)
        {
            return;
        }

        foreach (var file in at.Node is SpecSequence ? ComposeValue.Items(at, "a list of files") : [at])
        {
            var path = file.Node is SpecMapping ? ComposeValue.Text(file, "path") : (file.Node as SpecScalar)?.Text;
            if (path is null)
            {
                file.Refuse("a path, or a map with path");
            }
            else if (surroundings.Source.ReadFile(ServiceMounts.Absolute(path, surroundings.Source)) is { } text)
            {
                ReadFile(text, file);
            }
            else if (file.Node is not SpecMapping || ComposeValue.Flag(file, "required") != false)
            {
                file.Error($"found {Excerpt.Quote(path)}, which cannot be read; its variables would be missing");
            }
        }
    }

    private void ReadFile(string text, SpecCursor at)
    {
        foreach (var (name, value) in EnvironmentFiles.Lines(text))
        {
            Set(name, value, at);
        }
    }

    private void Set(string name, string? value, SpecCursor at)
    {
        if (value is null && surroundings.Source.Variable(name) is { } inherited)
        {
            at.Warn($"{name} is passed on from the environment: its value of now is written down");
            value = inherited;
        }

        if (value is null)
        {
            at.Warn($"{name} is not carried over: it has no value here, nor in the environment");
            return;
        }

        _variables.Remove(name); // the later one wins, and stands where it is given
        _variables.Add(name, (value, at));
    }

    private static bool NamesHost(string value, string host) => Regex.IsMatch(
        value, $@"(\A|[@/,;=\s]){Regex.Escape(host)}(:[0-9]|/|,|\z)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
