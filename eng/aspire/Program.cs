// Usage: OURS THEIRS [--show TEXT], each a list of assemblies separated by ';'. Leaves with 1 when something of ours is not theirs.
using System.Reflection;
using System.Runtime.InteropServices;
using Nexus.AspireApi;

const string Space = "Aspire.Hosting";
var ours = PublicApi.Of(Load(args[0]), Space);
var theirs = PublicApi.Of(Load(args[1]), Space);
if (args is [_, _, "--show", var wanted])
{
    foreach (var line in theirs.Where(t => t.Key.Contains(wanted, StringComparison.OrdinalIgnoreCase)).SelectMany(t => t.Value))
    {
        Console.WriteLine(line);
    }

    return 0;
}

var differences = 0;
var compared = 0;
foreach (var (type, members) in ours)
{
    if (!theirs.TryGetValue(type, out var real))
    {
        Say($"{members[0]}: there is no such type");
        continue;
    }

    foreach (var member in members)
    {
        compared++;
        if (!real.Contains(member, StringComparer.Ordinal))
        {
            Say(type, member, real);
        }
    }
}

Console.WriteLine($"{ours.Count} types and {compared} members compared with the real ones: {differences} differences.");
return differences == 0 ? 0 : 1;

void Say(string words, string? member = null, IReadOnlyList<string>? real = null)
{
    differences++;
    Console.WriteLine(member is null ? words : $"{words}\n  ours   {member}");
    foreach (var near in real?.Where(r => NameIn(r) == NameIn(member!)) ?? [])
    {
        Console.WriteLine($"  theirs {near}");
    }
}

static string NameIn(string member)
{
    var end = member.IndexOfAny(['(', '<', '{'], Math.Max(0, member.IndexOf(' ', StringComparison.Ordinal)));
    var head = (member.IndexOf('(', StringComparison.Ordinal) is > 0 and var at ? member[..at] : end > 0 ? member[..end] : member).TrimEnd();
    return head[(head.LastIndexOf(' ') + 1)..].Split('<')[0];
}

static IEnumerable<Assembly> Load(string list)
{
    var files = list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    var folders = files.Select(f => Path.GetDirectoryName(Path.GetFullPath(f))!).Distinct(StringComparer.Ordinal)
        .Append(RuntimeEnvironment.GetRuntimeDirectory());
    var known = folders.SelectMany(f => Directory.EnumerateFiles(f, "*.dll"))
        .DistinctBy(f => Path.GetFileName(f), StringComparer.OrdinalIgnoreCase);
    var context = new MetadataLoadContext(new PathAssemblyResolver(known));
    return [.. files.Select(f => context.LoadFromAssemblyPath(Path.GetFullPath(f)))];
}
