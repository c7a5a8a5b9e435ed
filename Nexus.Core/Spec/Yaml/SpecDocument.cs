using System.Diagnostics.CodeAnalysis;
using System.Text;
using YamlDotNet.Core;

namespace Nexus.Core.Spec.Yaml;

/// <summary>Turns text into nodes, or into the one problem that keeps it from being YAML. Never throws.</summary>
internal static class SpecDocument
{
    /// <summary>Longest document in bytes: it is one value in Consul, whose own limit is 512 KB in base64.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Most bytes of the document within that value, where quotes, backslashes and line breaks take two.</summary>
    private const int MaxStoredBytes = 352 * 1024;

    [SuppressMessage("ApiDesign", "RS0030", Justification = "The parser takes a TextReader; this one reads memory.")]
    public static (SpecNode? Root, SpecProblem? Problem) Parse(string yaml)
    {
        if (Encoding.UTF8.GetByteCount(yaml) is var size && size > MaxBytes)
        {
            return (null, Problem(1, 1, $"the document has {size} bytes; allowed are at most {MaxBytes}"));
        }

        if (StoredTemplate.BytesOf(yaml) is var stored && stored > MaxStoredBytes)
        {
            return (null, Problem(1, 1, $"the document has {size} bytes and {stored} as stored, where quotes and line breaks take two; allowed are at most {MaxStoredBytes}"));
        }

        var parser = new Parser(new System.IO.StringReader(yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml));
        var composer = new NodeComposer(parser);
        try
        {
            var root = composer.ComposeDocument();
            return root is null ? (null, Problem(1, 1, "the document is empty; it needs worker_pools, which may be none")) : (root, null);
        }
        catch (DocumentLimitException error)
        {
            return (null, Problem(error.Start.Line, error.Start.Column, error.Message));
        }
        catch (YamlException error)
        {
            return (null, Explain(yaml, error, composer.OpenBracket));
        }
        catch (Exception)
        {
            // The parser's own slips on text that is not YAML, e.g. an ArgumentException for an escape beyond Unicode.
            if (composer.OpenBracket is { } bracket)
            {
                return (null, Problem(bracket.Line, bracket.Column, "not valid YAML in the bracket that opens here (is it closed?)"));
            }

            var at = parser.Current?.End ?? Mark.Empty;
            return (null, Problem(at.Line, at.Column, "not valid YAML after this place"));
        }
    }

    private static SpecProblem Problem(long line, long column, string message) =>
        new(SpecSeverity.Error, (int)line, (int)column, "", message);

    private static SpecProblem Explain(string yaml, YamlException error, Mark? openBracket)
    {
        var reason = $"not valid YAML: {Sentence(error.Message)}";
        // A tab is reported at the start of the map that it is in, any number of lines before it.
        var isTab = error.Message.Contains("invalid tab", StringComparison.Ordinal);
        if (TabIndent(yaml, (int)error.Start.Line, isTab) is { } tab)
        {
            return Problem(tab.Line, tab.Column, $"{reason} (a tab indents this line; YAML allows spaces only)");
        }

        // Where a bracket is not closed, the parser only stumbles over what follows, often the end of the document.
        if (openBracket is { } bracket && error.Message.Contains("parsing a flow", StringComparison.Ordinal))
        {
            return Problem(bracket.Line, bracket.Column, $"{reason} (is the bracket that opens here not closed?)");
        }

        var hint = error.Message switch
        {
            var text when text.Contains("multiline plain scalar", StringComparison.Ordinal) => " (is a space missing after a colon above?)",
            var text when text.Contains("expected key", StringComparison.Ordinal) => " (is this line indented like its neighbours?)",
            var text when text.Contains("quoted scalar", StringComparison.Ordinal) => " (is a quote not closed?)",
            _ => "",
        };
        return Problem(error.Start.Line, error.Start.Column, reason + hint);
    }

    private static string Sentence(string message)
    {
        const int MaxLength = 200;
        var text = Excerpt.Cut(message.TrimEnd('.').Replace("  ", " ", StringComparison.Ordinal), MaxLength);
        return text.Length == 0 ? "the parser gave no reason" : char.ToLowerInvariant(text[0]) + text[1..];
    }

    // The parser reports the start of what the tab is in: look at the lines around.
    private static SpecPosition? TabIndent(string yaml, int line, bool isAnyLater)
    {
        var number = 0;
        foreach (var text in yaml.AsSpan().EnumerateLines())
        {
            number++;
            var tab = text[..^text.TrimStart(" \t").Length].IndexOf('\t');
            if (number >= line - 1 && (number <= line + 1 || isAnyLater) && tab >= 0)
            {
                return new SpecPosition(number, tab + 1);
            }
        }

        return null;
    }
}

/// <summary>The document is YAML, but more or deeper of it than a spec may be.</summary>
internal sealed class DocumentLimitException(Mark start, Mark end, string message) : YamlException(start, end, message);
