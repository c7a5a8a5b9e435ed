using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A <c>nexus.yaml</c> in the making, which remembers what each of its keys came from.</summary>
internal sealed class SpecDraft
{
    private const string Pools = "worker_pools";
    private readonly Dictionary<string, SpecCursor> _origins = new(StringComparer.Ordinal);
    private readonly YamlMap _top = new();
    private readonly YamlMap _pools = new();

    public void Top(string key, YamlTree value, SpecCursor origin)
    {
        _top.With(key, value);
        _origins[key] = origin;
    }

    public PoolDraft Pool(string name, SpecCursor origin)
    {
        var pool = new YamlMap();
        _pools.With(name, pool);
        _origins[$"{Pools}.{name}"] = origin;
        return new PoolDraft(name, pool, (key, from) => _origins[$"{Pools}.{name}.{key}"] = from);
    }

    public string Write(string fileName)
    {
        var document = new YamlMap();
        document.Comments.Add($"Made by `nexus import compose` of {fileName[(fileName.LastIndexOf('/') + 1)..]}.");
        foreach (var (key, value) in _top.Entries)
        {
            document.With(key, value);
        }

        return YamlWriter.Write(document.With(Pools, _pools));
    }

    /// <summary>A problem of the spec as one of the place it came from.</summary>
    public SpecProblem AtItsOrigin(SpecProblem problem)
    {
        for (var key = problem.Key; key.Length > 0; key = key[..Math.Max(0, key.LastIndexOfAny(['.', '[']))])
        {
            if (_origins.TryGetValue(key, out var origin))
            {
                return problem with
                {
                    Line = origin.At.Line,
                    Column = origin.At.Column,
                    File = origin.At.File,
                    Key = origin.Key,
                    Message = problem.Severity == SpecSeverity.Error ? $"as {problem.Key}: {problem.Message}" : InAnyPool(problem),
                };
            }
        }

        return problem with
        {
            Line = 0,
            Column = 0,
            Message = problem.Severity == SpecSeverity.Error
                ? $"the resulting spec is refused: {problem.Message}; import parts of the file, by --profile or split into several" : problem.Message,
        };
    }

    // Without the pool's name, which the place says anyway: so the same warning of many pools is one line.
    private static string InAnyPool(SpecProblem problem) => problem.Key.Split('.', 3) switch
    {
        [Pools, _, var key] => $"as {key}: {problem.Message}",
        [Pools, _] => problem.Message,
        _ => $"as {problem.Key}: {problem.Message}",
    };
}

/// <summary>One pool of a draft.</summary>
internal sealed class PoolDraft(string name, YamlMap pool, Action<string, SpecCursor> cameFrom)
{
    public string Name => name;

    /// <summary>Sets a key, given by its path below the pool.</summary>
    public void Set(string path, YamlTree value, SpecCursor origin, params ReadOnlySpan<string> comments)
    {
        var map = pool;
        var keys = path.Split('.', 2);
        for (; keys.Length == 2; keys = keys[1].Split('.', 2))
        {
            map = ChildOf(map, keys[0]);
        }

        foreach (var comment in comments)
        {
            value.Comments.Add(comment);
        }

        map.Entries.RemoveAll(entry => entry.Key == keys[0]); // said twice in different words: the later holds
        map.With(keys[0], value);
        cameFrom(path, origin);
    }

    /// <summary>Sets an environment variable, whose name may have dots.</summary>
    public void SetVariable(string variable, string value, SpecCursor origin, string? comment)
    {
        YamlTree text = value;
        if (comment is not null)
        {
            text.Comments.Add(comment);
        }

        ChildOf(pool, "env").With(variable, text);
        cameFrom($"env.{variable}", origin);
    }

    /// <summary>Asks for a label of the node, whose name may have dots.</summary>
    public void SetConstraint(string label, string value, SpecCursor origin)
    {
        ChildOf(ChildOf(pool, "placement"), "constraints").With(label, value);
        cameFrom($"placement.constraints.{label}", origin);
    }

    /// <summary>Puts a comment above a key that is set.</summary>
    public void Remark(string key, string comment) =>
        pool.Entries.Find(entry => entry.Key == key).Value?.Comments.Add(comment);

    public bool Has(string key) => pool.Entries.Exists(entry => entry.Key == key);

    private static YamlMap ChildOf(YamlMap map, string key)
    {
        if (map.Entries.Find(entry => entry.Key == key).Value is YamlMap child)
        {
            return child;
        }

        var added = new YamlMap();
        map.With(key, added);
        return added;
    }
}
