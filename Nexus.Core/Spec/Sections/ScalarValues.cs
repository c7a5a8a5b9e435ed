using System.Globalization;
using System.Text.Json.Nodes;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A whole number within bounds.</summary>
internal sealed class WholeValue(int min, int max) : SpecValue<int>
{
    public override string Allowed { get; } = $"a whole number from {min} to {max}";

    public override bool TryRead(SpecCursor cursor, out int value)
    {
        value = 0;
        if (cursor.Node is SpecScalar { Kind: ScalarKind.Integer } scalar
            && CoreScalar.TryInteger(scalar.Text, out var number) && number >= min && number <= max)
        {
            value = (int)number;
            return true;
        }

        return cursor.Refuse(cursor.Node switch
        {
            SpecScalar { Kind: ScalarKind.Integer } octal when CoreScalar.IsAmbiguousOctal(octal.Text) =>
                $"{Allowed}, without leading zeros",
            SpecScalar { IsQuoted: true } quoted when CoreScalar.Resolve(quoted.Text) == ScalarKind.Integer =>
                $"{Allowed}, without quotes",
            _ => Allowed,
        });
    }

    public override JsonObject ToSchema() => new() { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max };

    public override JsonNode? ToJson(int value) => JsonValue.Create(value);
}

/// <summary>A number within bounds, with or without a fraction.</summary>
internal sealed class NumberValue(double min, double max) : SpecValue<double>
{
    public override string Allowed { get; } = string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}");

    public override bool TryRead(SpecCursor cursor, out double value)
    {
        value = 0;
        return (cursor.Node is SpecScalar { Kind: ScalarKind.Integer or ScalarKind.Float } scalar
            && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && value >= min && value <= max)
            || cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new() { ["type"] = "number", ["minimum"] = min, ["maximum"] = max };

    public override JsonNode? ToJson(double value) => JsonValue.Create(value);
}

/// <summary>
/// A number of replicas, or a share of them in percent. The share is kept as a negative number until the pool's own is known.
/// </summary>
internal sealed class ReplicaShareValue : SpecValue<int>
{
    private static readonly WholeValue Whole = new(0, PoolSection.MaxReplicas);

    public override string Allowed { get; } = $"{Whole.Allowed}, or a share from 0% to 100%";

    /// <summary>The number of replicas that a value read stands for; a share that is not zero is at least one when rounded up.</summary>
    public static int Of(int read, int replicas, bool up) => read >= 0 ? read
        : up ? Math.Max(1, (int)Math.Ceiling(-read * replicas / 100.0)) : -read * replicas / 100;

    public override bool TryRead(SpecCursor cursor, out int value)
    {
        value = 0;
        if (cursor.Node is SpecScalar { Text: [.. var digits, '%'] }
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100)
        {
            value = -percent;
            return true;
        }

        if (cursor.Node is SpecScalar { Kind: ScalarKind.Integer } scalar
            && CoreScalar.TryInteger(scalar.Text, out var number) && number is >= 0 and <= PoolSection.MaxReplicas)
        {
            value = (int)number;
            return true;
        }

        return cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            Whole.ToSchema(), new JsonObject { ["type"] = "string", ["pattern"] = "^(100|[0-9]{1,2})%$" }),
    };

    public override JsonNode? ToJson(int value) => JsonValue.Create(value);
}

/// <summary>True or false; the other words of YAML 1.1 are refused rather than guessed at.</summary>
internal sealed class BoolValue : SpecValue<bool>
{
    public override string Allowed => "true or false";

    public override bool TryRead(SpecCursor cursor, out bool value)
    {
        value = false;
        if (cursor.Node is not SpecScalar { Kind: ScalarKind.Boolean } scalar)
        {
            return cursor.Refuse(Allowed);
        }

        value = scalar.Text[0] is 't' or 'T';
        return true;
    }

    public override JsonObject ToSchema() => new() { ["type"] = "boolean" };

    public override JsonNode? ToJson(bool value) => JsonValue.Create(value);
}

/// <summary>A duration within bounds, always with a unit.</summary>
internal sealed class DurationValue(TimeSpan min, TimeSpan max) : SpecValue<TimeSpan>
{
    public override string Allowed { get; } =
        $"a duration from {SpecDuration.Format(min)} to {SpecDuration.Format(max)}, such as 500ms, 10s or 1m30s";

    public static DurationValue OfSeconds(double min, double max) => new(TimeSpan.FromSeconds(min), TimeSpan.FromSeconds(max));

    public override bool TryRead(SpecCursor cursor, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (cursor.Node is not SpecScalar scalar)
        {
            return cursor.Refuse(Allowed);
        }

        if (SpecDuration.TryParse(scalar.Text, out value) && value >= min && value <= max)
        {
            return true;
        }

        return cursor.Refuse(CoreScalar.Resolve(scalar.Text) is ScalarKind.Integer or ScalarKind.Float
            ? $"{Allowed}; a unit is missing, perhaps {Excerpt.Cut(scalar.Text)}s?"
            : Allowed);
    }

    public override JsonObject ToSchema() => new() { ["type"] = "string", ["pattern"] = $"^{SpecDuration.Pattern}$" };

    public override JsonNode? ToJson(TimeSpan value) => JsonValue.Create(SpecDuration.Format(value));
}

/// <summary>A share of CPU, in thousandths of a core; zero is unlimited.</summary>
internal sealed class CpuValue : SpecValue<int>
{
    private const int Min = 10; // What the engine takes.
    private const int Max = 1_024_000;

    public override string Allowed => "cores from 0.01 to 1024, such as 0.5 or 500m, or 0 for no limit";

    public override bool TryRead(SpecCursor cursor, out int value)
    {
        value = 0;
        return cursor.Node is SpecScalar scalar && CpuShare.TryParse(scalar.Text, out value) && value is 0 or (>= Min and <= Max)
            || cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new()
    {
        ["type"] = new JsonArray("number", "string"),
        ["minimum"] = 0,
        ["maximum"] = 1024,
        ["pattern"] = "^([0-9]+m|[0-9]*\\.?[0-9]+)$",
    };

    public override JsonNode? ToJson(int value) =>
        JsonNode.Parse(((decimal)value / 1000).ToString(CultureInfo.InvariantCulture));
}

/// <summary>An amount of memory in bytes; zero is unlimited.</summary>
internal sealed class MemoryValue : SpecValue<long>
{
    private const long Min = 6L << 20; // What the engine takes.
    private const long Max = 1L << 44;

    public override string Allowed => "a size from 6MiB to 16TiB, such as 512MB or 1.5GiB, or 0 for no limit";

    public override bool TryRead(SpecCursor cursor, out long value)
    {
        value = 0;
        if (cursor.Node is not SpecScalar scalar)
        {
            return cursor.Refuse(Allowed);
        }

        if (scalar is { Text: "0", IsQuoted: false }
            || (ByteSize.TryParse(scalar.Text, out value) && value is 0 or (>= Min and <= Max)))
        {
            return true;
        }

        return cursor.Refuse(Hint(scalar.Text) is { } hint ? $"{Allowed}; {hint}" : Allowed);
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["const"] = 0 },
            new JsonObject { ["type"] = "string", ["pattern"] = $"^{ByteSize.Pattern}$" }),
    };

    public override JsonNode? ToJson(long value) =>
        value == 0 ? JsonValue.Create(0) : JsonValue.Create(ByteSize.Format(value));

    private static string? Hint(string text)
    {
        if (CoreScalar.Resolve(text) is ScalarKind.Integer or ScalarKind.Float)
        {
            return $"a unit is missing, perhaps {Excerpt.Cut(text)}MB?";
        }

        return text.Length > 1 && text[^1] is var unit && "kKmMgGtT".Contains(unit)
            && ByteSize.TryParse(text + 'B', out _)
            ? $"write {Excerpt.Cut(text).ToUpperInvariant()}B (powers of 1000) or {Excerpt.Cut(text).ToUpperInvariant()}iB (powers of 1024)"
            : null;
    }
}

/// <summary>One of a few words.</summary>
internal sealed class ChoiceValue<T>(params (string Word, T Value)[] choices) : SpecValue<T>
    where T : notnull
{
    private const int SpokenChoices = 4;

    public override string Allowed { get; } = choices.Length <= SpokenChoices
        ? string.Join(" or ", choices.Select(Show))
        : $"one of {string.Join(", ", choices.Select(Show))}";

    public override bool TryRead(SpecCursor cursor, out T value)
    {
        value = choices[0].Value;
        if (cursor.Node is not SpecScalar { Kind: ScalarKind.Text } scalar)
        {
            return cursor.Refuse(Allowed);
        }

        foreach (var choice in choices.Where(choice => choice.Word == scalar.Text))
        {
            value = choice.Value;
            return true;
        }

        var near = NearestName.Find(scalar.Text, choices.Select(choice => choice.Word));
        return cursor.Refuse(near is null ? Allowed : $"{Allowed}; did you mean '{near}'?");
    }

    public override JsonObject ToSchema() =>
        new() { ["enum"] = new JsonArray([.. choices.Select(choice => JsonValue.Create(choice.Word))]) };

    public override JsonNode? ToJson(T value) =>
        choices.FirstOrDefault(choice => choice.Value.Equals(value)).Word is { } word ? JsonValue.Create(word) : null;

    private static string Show((string Word, T Value) choice) => choice.Word.Length == 0 ? "\"\"" : choice.Word;
}
