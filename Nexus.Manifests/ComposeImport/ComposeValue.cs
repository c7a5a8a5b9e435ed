using System.Collections.Immutable;
using System.Globalization;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>
/// Values as compose files write them. Null where the key is not given or is wrong, which is then reported. Numbers may be in quotes:
/// that is how variables are written.
/// </summary>
internal static class ComposeValue
{
    /// <summary>The most replicas that a pool may have.</summary>
    public const int MaxReplicas = 1000;

    /// <summary>A value within the bounds of a spec: the nearest one, with a warning, where it is not.</summary>
    public static T Within<T>(T value, T least, T most, SpecCursor at, Func<T, string> format)
        where T : IComparable<T>
    {
        var nearest = value.CompareTo(least) < 0 ? least : value.CompareTo(most) > 0 ? most : value;
        if (nearest.CompareTo(value) != 0)
        {
            at.Warn($"found {format(value)}; a pool takes {format(least)} to {format(most)}, so it gets {format(nearest)}");
        }

        return nearest;
    }

    /// <summary>A duration as a spec writes it, of whole milliseconds, within bounds.</summary>
    public static YamlTree Span(TimeSpan span, TimeSpan least, TimeSpan most, SpecCursor at) => YamlTree.Literal(SpecDuration.Format(
        Within(TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds)), least, most, at, SpecDuration.Format)));

    public static string? Text(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar { Kind: not ScalarKind.Null } scalar ? scalar.Text
        : Refused<string>(at, "a text");

    public static int? Whole(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar scalar && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : RefusedValue<int>(at, "a whole number");

    /// <summary>A whole number that is cut to bounds afterwards: one with any number of digits is taken.</summary>
    public static int? Count(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar { Text.Length: > 0 } scalar && scalar.Text.All(char.IsAsciiDigit)
        ? int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue
        : RefusedValue<int>(at, "a whole number");

    public static bool? Flag(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar scalar && Boolean(scalar.Text) is { } flag ? flag
        : RefusedValue<bool>(at, "true or false");

    /// <summary>A boolean in any of the words that Compose takes for one, quoted or not; null for another text.</summary>
    public static bool? Boolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "y" or "yes" or "on" => true,
        "false" or "n" or "no" or "off" => false,
        _ => null,
    };

    public static TimeSpan? Duration(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar scalar && GoDuration.TryParse(scalar.Text, out var span) ? span
        : RefusedValue<TimeSpan>(at, "a duration such as 500ms, 10s or 1m30s");

    /// <summary>Thousandths of a core, rounded up.</summary>
    public static int? Millicores(SpecCursor map, string key) => At(map, key) is not { } at ? null
        : at.Node is SpecScalar scalar
            && decimal.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cores)
        ? (int)Math.Ceiling(Math.Min(cores, 1_000_000) * 1000)
        : RefusedValue<int>(at, "a number of cores such as 0.5");

    /// <summary>Bytes. Compose counts in powers of 1024, whichever way the unit is written; -1 is no limit.</summary>
    public static long? Bytes(SpecCursor map, string key)
    {
        if (At(map, key) is not { } at)
        {
            return null;
        }

        var text = (at.Node as SpecScalar)?.Text.Trim().ToLowerInvariant() ?? "";
        if (text == "-1")
        {
            return 0;
        }

        var end = text.AsSpan().IndexOfAnyExceptInRange('.', '9');
        var (digits, unit) = end < 0 ? (text, "") : (text[..end], text[end..].Trim());
        var power = unit switch
        {
            "" or "b" => 0,
            "k" or "kb" or "ki" or "kib" => 1,
            "m" or "mb" or "mi" or "mib" => 2,
            "g" or "gb" or "gi" or "gib" => 3,
            "t" or "tb" or "ti" or "tib" => 4,
            _ => -1,
        };
        return power >= 0 && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number >= long.MaxValue / (1L << (10 * power)) ? long.MaxValue : (long)(number * (1L << (10 * power)))
            : RefusedValue<long>(at, "a size such as 512m or 1g");
    }

    /// <summary>A list of texts, or one; empty where it is not given.</summary>
    public static ImmutableArray<(string Text, SpecCursor At)> Texts(SpecCursor map, string key)
    {
        if (At(map, key) is not { } at)
        {
            return [];
        }

        if (at.Node is SpecScalar { Kind: not ScalarKind.Null } one)
        {
            return [(one.Text, at)];
        }

        return [.. Items(at, "a list of texts").Where(item => item.Node is SpecScalar || item.Refuse("a text")).Select(item => (((SpecScalar)item.Node).Text, item))];
    }

    /// <summary>The items of a list; anything else is refused.</summary>
    public static IEnumerable<SpecCursor> Items(SpecCursor at, string allowed)
    {
        if (at.Node is not SpecSequence list)
        {
            at.Refuse(allowed);
            return [];
        }

        return Enumerable.Range(0, list.Items.Length).Select(at.Item);
    }

    /// <summary>The words of a command: a list as it is, a line split as Compose does; null where it is not given or reset.</summary>
    public static List<string>? Command(SpecCursor map, string key)
    {
        if (At(map, key) is not { } at)
        {
            return null;
        }

        if (at.Node is SpecScalar { Kind: not ScalarKind.Null } line)
        {
            if (ComposeWords.Split(line.Text) is not { } split)
            {
                return Refused<List<string>>(at, "a line with its quotes and brackets closed");
            }

            if (split.Ignored.Length > 0)
            {
                at.Warn($"{Excerpt.Quote(split.Ignored)} is not carried over: Compose leaves out what follows an operator of a shell, since no shell runs the line; "
                    + "where it is needed: [sh, -c, \"…\"]");
            }

            return [.. split.Words];
        }

        return [.. Texts(map, key).Select(word => word.Text)];
    }

    /// <summary>The names in a map, or in a list of names or of NAME=VALUE.</summary>
    public static IEnumerable<string> Names(SpecCursor at) => at.Node switch
    {
        SpecMapping map => map.Entries.Select(entry => entry.Name),
        SpecSequence list => list.Items.OfType<SpecScalar>().Select(item => item.Text.Split('=')[0]),
        _ => [],
    };

    /// <summary>The place of a key that is given and says something.</summary>
    public static SpecCursor? At(SpecCursor map, string key) =>
        map.Has(key) && map.Child(key) is { Node: not SpecScalar { Kind: ScalarKind.Null } } at ? at : null;

    private static T? Refused<T>(SpecCursor at, string allowed)
        where T : class
    {
        at.Refuse(allowed);
        return null;
    }

    private static T? RefusedValue<T>(SpecCursor at, string allowed)
        where T : struct
    {
        at.Refuse(allowed);
        return null;
    }
}
