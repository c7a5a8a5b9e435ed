using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nexus.Core.Spec;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A variable of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; null for a name alone, which takes its value from the environment.</param>
/// <param name="Line">Line of the name, from 1.</param>
internal readonly record struct FileVariable(string Name, string? Value, int Line);

/// <summary>A problem of a file of variables.</summary>
internal readonly record struct FileVariableProblem(SpecSeverity Severity, int Line, string Message);

/// <summary>What a file of variables says.</summary>
/// <param name="Variables">In the order of the file.</param>
/// <param name="Problems">In the order of the file.</param>
internal sealed record FileVariables(ImmutableArray<FileVariable> Variables, ImmutableArray<FileVariableProblem> Problems);

/// <summary>
/// Reads <c>.env</c> files and those of <c>env_file</c> by the grammar of Compose v2. A statement is <c>NAME=value</c>, <c>NAME: value</c> or
/// <c>NAME</c>, with or without <c>export</c> in front. A value is in single quotes (no escapes but <c>\'</c>), in double quotes (escapes and
/// variables), each over any number of lines, or bare (variables) up to the end of its line or a <c>#</c> behind a space.
/// </summary>
internal sealed class DotEnvReader
{
    private const string NameCharacters = "letters, digits, _ . - [ ]";
    private readonly string _text;
    private readonly Dictionary<string, string> _known;
    private readonly Func<string, string?> _outer;
    private readonly ImmutableArray<FileVariable>.Builder _variables = ImmutableArray.CreateBuilder<FileVariable>();
    private readonly ImmutableArray<FileVariableProblem>.Builder _problems = ImmutableArray.CreateBuilder<FileVariableProblem>();
    private int _at;
    private int _line = 1;

    private DotEnvReader(string text, Func<string, string?> outer, Dictionary<string, string> known) => (_text, _outer, _known) = (text, outer, known);

    /// <summary>The variables of a file and all its problems.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="outer">Variables that have precedence over those of files where a value uses them.</param>
    /// <param name="known">The variables of the files read before; those of this file are added.</param>
    public static FileVariables Read(string text, Func<string, string?> outer, Dictionary<string, string> known)
    {
        var reader = new DotEnvReader(text.StartsWith('\uFEFF') ? text[1..] : text, outer, known);
        while (reader.SkipToStatement())
        {
            reader.ReadStatement();
        }

        return new FileVariables(reader._variables.ToImmutable(), reader._problems.ToImmutable());
    }

    // Over white space and comments; false at the end of the file.
    private bool SkipToStatement()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '#')
            {
                SkipLine();
            }
            else if (char.IsWhiteSpace(_text[_at]))
            {
                Advance();
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private void ReadStatement()
    {
        var line = _line;
        SkipExport();
        if (!TryReadName(out var name))
        {
            SkipLine();
            return;
        }

        string? value = null;
        if (_at < _text.Length && _text[_at] is '=' or ':')
        {
            _at++;
            value = ReadValue();
        }

        if (name.Length == 0)
        {
            Error(line, "a name is missing in front of the value; allowed is NAME=value");
        }
        else if (name.Any(char.IsWhiteSpace))
        {
            Error(line, $"found white space in the name of a variable; allowed are {NameCharacters}");
        }
        else
        {
            Add(name, value, line);
        }
    }

    private void Add(string name, string? value, int line)
    {
        if ((value ?? _outer(name)) is { } known)
        {
            _known[name] = known;
        }

        _variables.Add(new FileVariable(name, value, line));
    }

    private void SkipExport()
    {
        const string Export = "export";
        if (_text.AsSpan(_at).StartsWith(Export) && _at + Export.Length < _text.Length && IsBlank(_text[_at + Export.Length]))
        {
            _at += Export.Length;
            SkipBlanks();
        }
    }

    // Up to the separator or the end of the line.
    private bool TryReadName([NotNullWhen(true)] out string? name)
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is not ('=' or ':' or '\n'))
        {
            var character = Rune.TryGetRuneAt(_text, _at, out var rune) ? rune : Rune.ReplacementChar;
            if (!Rune.IsLetter(character) && !Rune.IsNumber(character) && !IsBlank(_text[_at]) && _text[_at] is not ('_' or '.' or '-' or '[' or ']'))
            {
                Error(_line, $"found '{(Rune.IsControl(character) ? "?" : character)}' in the name of a variable; allowed are {NameCharacters}");
                name = null;
                return false;
            }

            _at += character.Utf16SequenceLength;
        }

        name = _text[start.._at].TrimEnd();
        return true;
    }

    private string ReadValue()
    {
        SkipBlanks();
        var quote = _at < _text.Length ? _text[_at] : '\0';
        return quote is '"' or '\'' ? ReadQuoted(quote) : ReadBare();
    }

    private string ReadBare()
    {
        var line = _line;
        var start = _at;
        SkipLine();
        var value = _text[start.._at];
        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return Expanded((comment < 0 ? value : value[..comment]).TrimEnd(), line);
    }

    private string ReadQuoted(char quote)
    {
        var line = _line;
        var value = new StringBuilder();
        for (Advance(); _at < _text.Length && _text[_at] != quote; Advance())
        {
            if (_text[_at] != '\\' || _at + 1 == _text.Length)
            {
                value.Append(_text[_at]);
                continue;
            }

            Advance();
            value.Append(_text[_at] == quote ? "" : "\\").Append(_text[_at]);
        }

        if (_at == _text.Length)
        {
            Error(line, $"unterminated quoted value: the {quote} that opens it is not closed");
            return "";
        }

        Advance();
        return quote == '"' ? Expanded(DotEnvEscapes.Replace(value.ToString()), line) : value.ToString();
    }

    private string Expanded(string value, int line) => new VariableSubstitution(
        name => _outer(name) ?? _known.GetValueOrDefault(name),
        name => _problems.Add(new FileVariableProblem(SpecSeverity.Warning, line, $"variable {name} is not set: it is taken as empty, as Compose does")),
        message => Error(line, message)).Expand(value);

    private void Error(int line, string message) => _problems.Add(new FileVariableProblem(SpecSeverity.Error, line, message));

    private void SkipBlanks()
    {
        while (_at < _text.Length && IsBlank(_text[_at]))
        {
            _at++;
        }
    }

    private void SkipLine()
    {
        var end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    private void Advance()
    {
        _line += _text[_at] == '\n' ? 1 : 0;
        _at++;
    }

    private static bool IsBlank(char c) => c is '\t' or '\v' or '\f' or '\r' or ' ' or '\u0085' or '\u00A0';
}
