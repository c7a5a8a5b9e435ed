using System.Globalization;
using Nexus.Core.Spec.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Nexus.Manifests.YamlText;

/// <summary>Writes a tree as YAML that reads back to the same under YAML 1.2 and, for the words that differ, 1.1.</summary>
internal static class YamlWriter
{
    private static readonly HashSet<string> WordsOf11 =
        new(StringComparer.OrdinalIgnoreCase) { "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<" };

    public static string Write(YamlMap document)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(writer, new EmitterSettings(
            bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, skipAnchorName: false, indentSequences: true, newLine: "\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart());
        Comment(emitter, document.Comments);
        Emit(emitter, document);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return writer.ToString().ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    private static void Emit(Emitter emitter, YamlTree tree)
    {
        switch (tree)
        {
            case YamlScalar scalar:
                emitter.Emit(Of(scalar));
                break;
            case YamlList list:
                emitter.Emit(new SequenceStart(
                    AnchorName.Empty, TagName.Empty, isImplicit: true,
                    list.OnOneLine || list.Items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list.Items)
                {
                    Comment(emitter, item.Comments);
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case YamlMap map:
                emitter.Emit(new MappingStart(
                    AnchorName.Empty, TagName.Empty, isImplicit: true, map.IsEmpty ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map.Entries)
                {
                    Comment(emitter, value.Comments);
                    emitter.Emit(Of(new YamlScalar(key, IsText: true)));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
        }
    }

    private static void Comment(Emitter emitter, List<string> lines)
    {
        foreach (var line in lines)
        {
            emitter.Emit(new Comment(line, isInline: false));
        }
    }

    private static Scalar Of(YamlScalar scalar)
    {
        var mustBeQuoted = scalar.IsText && (CoreScalar.Resolve(scalar.Text) != ScalarKind.Text || WordsOf11.Contains(scalar.Text)
            || LooksSexagesimal(scalar.Text) || scalar.Text.Any(MustBeEscaped));
        return new Scalar(
            AnchorName.Empty, TagName.Empty, scalar.Text, mustBeQuoted ? ScalarStyle.DoubleQuoted : ScalarStyle.Any,
            isPlainImplicit: true, isQuotedImplicit: true);
    }

    // Separators that are line breaks to some readers, a byte order mark, and what is no character.
    private static bool MustBeEscaped(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff';

    // 22:30 is a number to readers of YAML 1.1, and dates are dates.
    private static bool LooksSexagesimal(string text) => text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is ':' or '.' or '-' or '_');
}
