using System.Collections.Immutable;
using System.Text;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The words of a command that is written as one line.</summary>
/// <param name="Words">The words that the container gets.</param>
/// <param name="Ignored">The rest of the line, from the operator of a shell on, which Compose leaves out; empty where there is none.</param>
internal readonly record struct ComposeLine(ImmutableArray<string> Words, string Ignored);

/// <summary>
/// Splits a line into words by Compose's rule, which is not that of a shell: a backslash takes the next character as it is, also in
/// double quotes; text in back quotes and in <c>$( )</c> is one piece, not a command; and the line ends at <c>; &amp; | &lt; &gt;</c>.
/// </summary>
internal sealed class ComposeWords
{
    private readonly ImmutableArray<string>.Builder _words = ImmutableArray.CreateBuilder<string>();
    private readonly StringBuilder _word = new();
    private char _open; // the quote that is open: ' " ` or ( for $( )
    private bool _inWord;

    private ComposeWords()
    {
    }

    /// <summary>The words of a line; null where Compose refuses it, for a quote or bracket that has no counterpart.</summary>
    public static ComposeLine? Split(string line)
    {
        var words = new ComposeWords();
        var end = line.Length;
        for (var i = 0; i < line.Length && end == line.Length; i++)
        {
            if (line[i] == '\\' && words._open != '\'')
            {
                if (++i == line.Length)
                {
                    return null;
                }

                words.Append(line[i]);
            }
            else if (words._open == '\0' && line[i] is (';' or '&' or '|' or '<' or '>'))
            {
                end = i;
                words.DropDescriptor(line[i]);
            }
            else if (!words.TryTake(line[i]))
            {
                return null;
            }
        }

        words.Close();
        return words._open == '\0' ? new ComposeLine(words._words.ToImmutable(), line[end..]) : null;
    }

    private bool TryTake(char c)
    {
        if (_open == '\0' && c is (' ' or '\t' or '\r' or '\n'))
        {
            Close();
        }
        else if (c == '(' && _open is ('\0' or '('))
        {
            if (_open == '(' || _word.Length == 0 || _word[^1] != '$')
            {
                return false;
            }

            _open = '(';
            Append(c);
        }
        else if (c == ')' && _open is ('\0' or '('))
        {
            _open = _open == '(' ? '\0' : '(';
            Append(c);
        }
        else if (c is ('"' or '\'') && (_open == '\0' || _open == c))
        {
            _open = _open == c ? '\0' : c;
            _inWord |= _open == '\0'; // "" is a word, too
        }
        else
        {
            _open = c == '`' && _open == '\0' ? '`' : c == '`' && _open == '`' ? '\0' : _open;
            Append(c);
        }

        return true;
    }

    private void Append(char c)
    {
        _word.Append(c);
        _inWord = true;
    }

    // In 2>file the number belongs to the operator; Compose takes any word for one that begins with a digit.
    private void DropDescriptor(char mark)
    {
        if (mark == '>' && _word.Length > 0 && char.IsAsciiDigit(_word[0]))
        {
            _inWord = false;
        }
    }

    private void Close()
    {
        if (_inWord)
        {
            _words.Add(_word.ToString());
        }

        _word.Clear();
        _inWord = false;
    }
}
