using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The variables of a service: those of its <c>env_file</c>, and over them those of its <c>environment</c>.</summary>
internal sealed class ServiceVariables
{
    private readonly SpecCursor _service;
    private readonly ComposeSource _source;
    private readonly OrderedDictionary<string, (string Value, SpecCursor At)> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _fromFiles = new(StringComparer.Ordinal);

    private ServiceVariables(SpecCursor service, ComposeSource source) => (_service, _source) = (service, source);

    /// <summary>The variables in the order in which they are given, each with its place.</summary>
    public static OrderedDictionary<string, (string Value, SpecCursor At)> Read(SpecCursor service, ComposeSource source)
    {
        var variables = new ServiceVariables(service, source);
        var own = variables.Own().ToList();
        variables.ReadFiles(own.Where(one => one.Value is not null).GroupBy(one => one.Name).ToDictionary(one => one.Key, one => one.Last().Value!, StringComparer.Ordinal));
        foreach (var (name, value, at) in own)
        {
            variables.Set(name, value, at);
        }

        return variables._variables;
    }

    private IEnumerable<(string Name, string? Value, SpecCursor At)> Own()
    {
        if (ComposeValue.At(_service, "environment") is not { } at)
        {
            yield break;
        }

        if (at.Node is not SpecMapping map)
        {
            foreach (var (text, item) in ComposeValue.Texts(_service, "environment"))
            {
                var parts = text.Split('=', 2);
                yield return (parts[0], parts.Length == 2 ? parts[1] : null, item);
            }

            yield break;
        }

        at.ReportFaults(map);
        foreach (var entry in map.Entries)
        {
            var variable = at.Enter(entry);
            if (entry.Value is SpecScalar scalar)
            {
                yield return (entry.Name, scalar.Kind == ScalarKind.Null && !scalar.IsQuoted ? null : scalar.Text, variable);
            }
            else
            {
                variable.Refuse("a text, a number or a boolean");
            }
        }
    }

    private void ReadFiles(Dictionary<string, string> own)
    {
        if (ComposeValue.At(_service, "env_file") is not { } at)
        {
            return;
        }

        foreach (var file in at.Node is SpecSequence ? ComposeValue.Items(at, "a list of files") : [at])
        {
            ComposeKeys.EnvironmentFile.Judge(file);
            var path = file.Node is SpecMapping ? ComposeValue.Text(file, "path") : (file.Node as SpecScalar)?.Text;
            if (path is null)
            {
                file.Refuse("a path, or a map with path");
            }
            else if (_source.ReadFile(ServiceMounts.Absolute(path, _source)) is { } text)
            {
                ReadFile(path, text, file, own);
            }
            else if (file.Node is not SpecMapping || ComposeValue.Flag(file, "required") != false)
            {
                file.Error($"found {Excerpt.Quote(path)}, which cannot be read; its variables would be missing"
                    + (path.Contains('\\') ? ". It is a Windows path: write it with /" : ""));
            }
        }
    }

    private void ReadFile(string path, string text, SpecCursor at, Dictionary<string, string> own)
    {
        var format = at.Node is SpecMapping ? ComposeValue.Text(at, "format") : null;
        if (format is { Length: > 0 } and not "raw")
        {
            at.Child("format").Refuse("raw, or no format");
            return;
        }

        // Bytes that are no UTF-8 are read as this character.
        if (text.IndexOf('\uFFFD') is >= 0 and var bad)
        {
            at.Error($"{Excerpt.Cut(path)}:{text.AsSpan(0, bad).Count('\n') + 1}: is not UTF-8 text from here on. Save the file as UTF-8");
            return;
        }

        // A value of the file sees the project's variables first, then the service's own, then those of the files up to here.
        var read = format is { Length: > 0 }
            ? RawVariablesReader.Read(text)
            : DotEnvReader.Read(text, name => _source.Variable(name) ?? own.GetValueOrDefault(name), _fromFiles);
        foreach (var problem in read.Problems)
        {
            var message = $"{Excerpt.Cut(path)}:{problem.Line}: {problem.Message}";
            if (problem.Severity == SpecSeverity.Error)
            {
                at.Error(message);
            }
            else
            {
                at.Warn(message);
            }
        }

        foreach (var (name, value, _) in read.Variables)
        {
            if (value is not null || !own.ContainsKey(name))
            {
                Set(name, value, at);
            }
        }
    }

    private void Set(string name, string? value, SpecCursor at)
    {
        if (value is null && _source.Variable(name) is { } inherited)
        {
            at.Warn($"{name} is passed on from the environment: its value of now is written down");
            value = inherited;
        }

        var isOwn = at.Key.StartsWith($"{_service.Key}.environment", StringComparison.Ordinal);
        if (value is null && !isOwn)
        {
            at.Warn($"{name} is not carried over: it has no value here, nor in the environment");
            return;
        }

        // The later one wins, and stands where it is given; without a value it unsets what a file says.
        var wasSet = _variables.Remove(name);
        if (value is not null)
        {
            _variables.Add(name, (value, at));
        }
        else
        {
            at.Warn($"{name} is not carried over: it has no value here, nor in the environment" + (wasSet ? "; that of env_file does not apply, as in Compose" : ""));
        }
    }
}
