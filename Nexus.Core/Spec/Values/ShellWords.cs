using System.Text;

namespace Nexus.Core.Spec.Values;

/// <summary>
/// Splits a command line into words as a POSIX shell would: blanks, both kinds of quotes and backslashes. Nothing is
/// expanded: no variables, no globs, no operators.
/// </summary>
internal static class ShellWords
{
    /// <summary>The words, or null if a quote is not closed or the text ends in a backslash.</summary>
    public static List<string>? Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                Close();
                continue;
            }

            inWord = true;
            if (c is '\'' or '"')
            {
                if (!TryQuoted(text, ref i, word))
                {
                    return null;
                }
            }
            else if (c != '\\')
            {
                word.Append(c);
            }
            else if (++i < text.Length)
            {
                word.Append(text[i]);
            }
            else
            {
                return null;
            }
        }

        Close();
        return words;

        void Close()
        {
            if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
    }

    // Starts on the opening quote and ends on the closing one.
    private static bool TryQuoted(string text, ref int i, StringBuilder word)
    {
        var quote = text[i];
        for (i++; i < text.Length && text[i] != quote; i++)
        {
            // Within double quotes a backslash only escapes what is special there (POSIX, 2.2.3).
            if (quote == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$' or '`')
            {
                i++;
            }

            word.Append(text[i]);
        }

        return i < text.Length;
    }
}
