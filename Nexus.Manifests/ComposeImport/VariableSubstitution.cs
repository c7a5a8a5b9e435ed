using System.Text;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>
/// Replaces the variables of a text by the rules of Compose: <c>$NAME</c>, <c>${NAME}</c>, and <c>${NAME:-default}</c>,
/// <c>${NAME:?message}</c>, <c>${NAME:+alternative}</c>, each also without the colon. An argument is evaluated only when it is used. <c>$$</c>
/// is a dollar, and so is one that begins none of these.
/// </summary>
/// <param name="value">Value of a variable; null where it is not set.</param>
/// <param name="unset">Takes the name of each variable that becomes an empty text for want of a value.</param>
/// <param name="refuse">Takes what is wrong. The text after an error is not looked at.</param>
internal sealed class VariableSubstitution(Func<string, string?> value, Action<string> unset, Action<string> refuse)
{
    private const int MaxDepth = 64;

    /// <summary>The text with values in place of its variables; unusable after an error.</summary>
    public string Expand(string text) => Expand(text, depth: 0);

    private string Expand(string text, int depth)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;
        while (at < text.Length)
        {
            var dollar = text.IndexOf('$', at);
            if (dollar < 0)
            {
                return result.Append(text, at, text.Length - at).ToString();
            }

            result.Append(text, at, dollar - at);
            at = ExpandDollar(text, dollar, depth, result);
        }

        return result.ToString();
    }

    // Returns the place behind what the dollar begins.
    private int ExpandDollar(string text, int dollar, int depth, StringBuilder result)
    {
        var next = dollar + 1;
        switch (next < text.Length ? text[next] : '\0')
        {
            case '$':
                result.Append('$');
                return next + 1;
            case '{':
                return ExpandBraces(text, next + 1, depth, result);
            default:
                var name = NameAt(text, next);
                result.Append(name.Length > 0 ? value(name) ?? Unset(name) : "$");
                return next + name.Length;
        }
    }

    private int ExpandBraces(string text, int start, int depth, StringBuilder result)
    {
        var name = NameAt(text, start);
        var at = start + name.Length;
        if (name.Length == 0)
        {
            return Refuse(text, "in which a ${ is followed by no name");
        }

        if (at < text.Length && text[at] == '}')
        {
            result.Append(value(name) ?? Unset(name));
            return at + 1;
        }

        var operation = OperationAt(text, at);
        if (operation.Length == 0)
        {
            return Refuse(text, at == text.Length ? "in which a ${ is not closed" : $"in which ${{{Excerpt.Cut(name)} is followed by neither }} nor an operator");
        }

        at += operation.Length;
        var end = ArgumentEnd(text, start - 1, at);
        if (end < 0)
        {
            return Refuse(text, "in which a ${ is not closed on its line");
        }

        if (depth == MaxDepth)
        {
            return Refuse(text, $"in which variables are nested deeper than {MaxDepth} levels");
        }

        var argument = text[at..end];
        result.Append(Evaluate(name, operation, () => Expand(argument, depth + 1)));
        return end + 1;
    }

    private string Evaluate(string name, string operation, Func<string> argument)
    {
        var found = value(name);
        var isGiven = operation[0] == ':' ? found is { Length: > 0 } : found is not null;
        switch (operation[^1])
        {
            case '-':
                return isGiven ? found! : argument();
            case '+':
                return isGiven ? argument() : "";
            default:
                if (!isGiven)
                {
                    var message = argument();
                    refuse($"variable {name} is required{(message.Length > 0 ? $": {Excerpt.Cut(message)}" : "")}");
                }

                return found ?? "";
        }
    }

    private string Unset(string name)
    {
        unset(name);
        return "";
    }

    private int Refuse(string text, string reason)
    {
        refuse($"found {Excerpt.Quote(text)}, {reason}; allowed are $NAME, ${{NAME}}, ${{NAME:-default}}, ${{NAME:?message}}, ${{NAME:+alternative}}, and $$ for a dollar");
        return text.Length;
    }

    private static string OperationAt(string text, int at)
    {
        var start = at;
        if (at < text.Length && text[at] == ':')
        {
            at++;
        }

        return at < text.Length && text[at] is '-' or '?' or '+' ? text[start..(at + 1)] : "";
    }

    // Compose counts braces, and never looks at the character behind an opening one. Where they do not match, the last one of the line closes.
    private static int ArgumentEnd(string text, int brace, int argument)
    {
        var lineEnd = text.IndexOf('\n', argument);
        lineEnd = lineEnd < 0 ? text.Length : lineEnd;
        var depth = 0;
        for (var at = brace; at < lineEnd; at++)
        {
            if (text[at] == '{')
            {
                depth++;
                at++;
            }
            else if (text[at] == '}' && --depth == 0)
            {
                return at;
            }
        }

        return lineEnd > argument ? text.LastIndexOf('}', lineEnd - 1, lineEnd - argument) : -1;
    }

    private static string NameAt(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '_' || (end > at && char.IsAsciiDigit(text[end]))))
        {
            end++;
        }

        return text[at..end];
    }
}
