using System.Text;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>
/// Puts values in place of variables, as Compose does: <c>$NAME</c>, <c>${NAME}</c>, <c>${NAME:-default}</c>, <c>${NAME:?message}</c>,
/// <c>${NAME:+other}</c>, each also without the colon. A spec has no variables, so their values of now are written down.
/// </summary>
internal sealed class Interpolation(Func<string, string?> variable, ProblemList problems)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public SpecNode Apply(SpecNode node, string key) => node switch
    {
        SpecMapping map => map with
        {
            Entries = [.. map.Entries.Select(entry => entry with { Value = Apply(entry.Value, key.Length == 0 ? entry.Name : $"{key}.{entry.Name}") })],
        },
        SpecSequence list => list with { Items = [.. list.Items.Select((item, i) => Apply(item, $"{key}[{i}]"))] },
        SpecScalar { Text: var text } scalar when text.Contains('$') => Replaced(scalar, key),
        _ => node,
    };

    private SpecScalar Replaced(SpecScalar scalar, string key)
    {
        var at = 0;
        var text = Expand(scalar.Text, ref at, nested: false, new Place(scalar.At, Excerpt.Cut(key)));
        return scalar with { Text = text, Kind = scalar.IsQuoted ? ScalarKind.Text : CoreScalar.Resolve(text) };
    }

    // Up to the end of the text, or nested, to the brace that closes it.
    private string Expand(string text, ref int at, bool nested, Place place)
    {
        var result = new StringBuilder();
        while (at < text.Length)
        {
            if (nested && text[at] == '}')
            {
                return result.ToString();
            }

            if (text[at] != '$')
            {
                result.Append(text[at++]);
                continue;
            }

            at++;
            if (at < text.Length && text[at] == '$')
            {
                result.Append('$');
                at++;
            }
            else if (at < text.Length && text[at] == '{')
            {
                at++;
                result.Append(Braced(text, ref at, place));
            }
            else if (NameAt(text, at) is { Length: > 0 } name)
            {
                at += name.Length;
                result.Append(Value(name, place) ?? Unset(name, place));
            }
            else
            {
                Error(place, "found a $ that no name follows; allowed is $$ for a dollar");
            }
        }

        if (nested)
        {
            Error(place, "found ${ without its }");
        }

        return result.ToString();
    }

    private string Braced(string text, ref int at, Place place)
    {
        var name = NameAt(text, at);
        at += name.Length;
        var start = at;
        while (at < text.Length && text[at] is ':' or '-' or '?' or '+' && at - start < 2)
        {
            at++;
            if (text[at - 1] != ':')
            {
                break;
            }
        }

        var operation = text[start..at];
        var rest = Expand(text, ref at, nested: true, place);
        at++;
        if (name.Length == 0 || (operation.Length == 0 && rest.Length > 0) || operation == ":")
        {
            Error(place, $"found {Excerpt.Quote(text)}, which names no variable as Compose does; allowed is ${{NAME}} or ${{NAME:-default}}");
            return "";
        }

        var value = Value(name, place);
        var isSet = operation.StartsWith(':') ? value is { Length: > 0 } : value is not null;
        return operation.TrimStart(':') switch
        {
            "-" => isSet ? value! : rest,
            "+" => isSet ? rest : "",
            "?" when !isSet => Error(place, $"variable {name} is required{(rest.Length > 0 ? $": {Excerpt.Cut(rest)}" : "")}"),
            _ => value ?? Unset(name, place),
        };
    }

    private static string NameAt(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_') && (end > at || !char.IsAsciiDigit(text[end])))
        {
            end++;
        }

        return text[at..end];
    }

    private string? Value(string name, Place place)
    {
        var value = variable(name);
        if (value is not null && _told.Add(name))
        {
            Warn(place, $"variable {name} is set: its value of now is written down");
        }

        return value;
    }

    private string Unset(string name, Place place)
    {
        if (_told.Add(name))
        {
            Warn(place, $"variable {name} is not set: it is taken as empty, as Compose does");
        }

        return "";
    }

    private string Error(Place place, string message)
    {
        problems.Add(new SpecProblem(SpecSeverity.Error, place.At.Line, place.At.Column, place.Key, message));
        return "";
    }

    private void Warn(Place place, string message) =>
        problems.Add(new SpecProblem(SpecSeverity.Warning, place.At.Line, place.At.Column, place.Key, message));

    private readonly record struct Place(SpecPosition At, string Key);
}
