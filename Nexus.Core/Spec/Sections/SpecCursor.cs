using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>
/// Where a reading stands: a node, the path of its key, and the place a problem with it is reported at, which is the key
/// (for an item of a list, the item).
/// </summary>
internal sealed record SpecCursor(SpecNode Node, string Key, SpecPosition At, ProblemList Problems)
{
    public SpecCursor Enter(SpecEntry entry) => new(entry.Value, PathOf(entry.Name), entry.At, Problems);

    public SpecCursor Item(int index) => this with
    {
        Node = ((SpecSequence)Node).Items[index],
        Key = $"{Key}[{index}]",
        At = ((SpecSequence)Node).Items[index].At,
    };

    /// <summary>The value of a key of this map, or the map itself where it is not given: a place to complain at.</summary>
    public SpecCursor Child(string name) => (Node as SpecMapping)?.Find(name) is { } entry ? Enter(entry) : this;

    /// <summary>Whether the key is given here.</summary>
    public bool Has(string name) => (Node as SpecMapping)?.Find(name) is not null;

    /// <summary>Whether no error was found at any of the keys, so that a rule across them makes sense.</summary>
    public bool IsSound(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Problems.HasErrorAt(PathOf(name)))
            {
                return false;
            }
        }

        return true;
    }

    public void Error(string message) => Problems.Add(new(SpecSeverity.Error, At.Line, At.Column, Key, message) { File = At.File });

    public void Warn(string message) => Problems.Add(new(SpecSeverity.Warning, At.Line, At.Column, Key, message) { File = At.File });

    /// <summary>Reports an unexpected value, in the words every such message has.</summary>
    public bool Refuse(string allowed)
    {
        Error(Node is SpecBrokenNode broken ? broken.Message : $"found {Node.Describe()}; allowed is {allowed}");
        return false;
    }

    public void ReportFaults(SpecMapping mapping)
    {
        foreach (var fault in mapping.Faults)
        {
            Problems.Add(new(SpecSeverity.Error, fault.At.Line, fault.At.Column, PathOf(fault.Name), fault.Message) { File = fault.At.File });
        }
    }

    private string PathOf(string name)
    {
        var shown = Excerpt.Cut(name);
        return Key.Length == 0 ? shown : $"{Key}.{shown}";
    }
}
