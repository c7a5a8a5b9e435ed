using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Replaces the variables of documents. A spec has no variables, so their current values are written down.</summary>
internal sealed class Interpolation(Func<string, string?> variable, ProblemList problems)
{
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    // A node that aliases repeat is walked once: they can repeat it more often than any walk ends.
    private readonly Dictionary<SpecNode, SpecNode> _walked = new(ReferenceEqualityComparer.Instance);

    public SpecNode Apply(SpecNode node, string key)
    {
        if (node is not (SpecMapping or SpecSequence))
        {
            return node is SpecScalar { Text: var text } scalar && text.Contains('$') ? Replaced(scalar, Excerpt.Cut(key)) : node;
        }

        if (!_walked.TryGetValue(node, out var replaced))
        {
            replaced = node is SpecMapping map
                ? map with { Entries = [.. map.Entries.Select(entry => entry with { Value = Apply(entry.Value, key.Length == 0 ? entry.Name : $"{key}.{entry.Name}") })] }
                : node is SpecSequence list ? list with { Items = [.. list.Items.Select((item, i) => Apply(item, $"{key}[{i}]"))] } : node;
            _walked.Add(node, replaced);
        }

        return replaced;
    }

    private SpecScalar Replaced(SpecScalar scalar, string key)
    {
        var text = new VariableSubstitution(Value, name => Warn(name, "is not set: it is taken as empty, as Compose does"), message => Add(SpecSeverity.Error, message))
            .Expand(scalar.Text);

        // Compose replaces variables in what YAML has read as a text: the value of a container's variable may become empty, never null.
        var isText = scalar.IsQuoted || (text.Length == 0 && key.Contains(".environment.", StringComparison.Ordinal));
        return scalar with { Text = text, Kind = isText ? ScalarKind.Text : CoreScalar.Resolve(text) };

        string? Value(string name)
        {
            var value = variable(name);
            if (value is not null && name != ComposeProject.Variable)
            {
                Warn(name, "is set: its value of now is written down");
            }

            return value;
        }

        void Warn(string name, string state)
        {
            if (_reported.Add(name))
            {
                Add(SpecSeverity.Warning, $"variable {name} {state}");
            }
        }

        void Add(SpecSeverity severity, string message) =>
            problems.Add(new SpecProblem(severity, scalar.At.Line, scalar.At.Column, key, message) { File = scalar.At.File });
    }
}
