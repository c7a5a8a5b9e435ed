using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A text of a certain form.</summary>
/// <param name="allowed">The form in words.</param>
/// <param name="pattern">The form as a regular expression without anchors, in the syntax that JSON Schema shares.</param>
internal sealed class TextValue(string allowed, string pattern) : SpecValue<string>
{
    /// <summary>The form of a text without rules of its own. No text of an operating system has a NUL.</summary>
    public const string AnyText = @"[^\0]*";

    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex _form = new($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, MatchTimeout);

    /// <summary>Longest text.</summary>
    public int MaxLength { get; init; } = 255;

    /// <summary>Whether numbers and booleans stand for the text they are written as.</summary>
    public bool TakesAnyScalar { get; init; }

    /// <summary>A further rule: what is wrong with a text of the right form, or null.</summary>
    public Func<string, string?>? Objection { get; init; }

    public override string Allowed => allowed;

    public override bool TryRead(SpecCursor cursor, out string value)
    {
        value = "";
        if (cursor.Node is not SpecScalar { Kind: not ScalarKind.Null } scalar)
        {
            return cursor.Refuse(allowed);
        }

        value = scalar.Text;
        if (scalar.Kind != ScalarKind.Text && !TakesAnyScalar)
        {
            return cursor.Refuse($"{allowed}; put it in quotes if it is meant as text");
        }

        if (value.Length > MaxLength)
        {
            return cursor.Refuse($"{allowed}, of at most {MaxLength} characters");
        }

        if (!_form.IsMatch(value))
        {
            return cursor.Refuse(allowed);
        }

        return Objection?.Invoke(value) is not { } objection || cursor.Refuse($"{allowed}; {objection}");
    }

    /// <summary>Whether a text has the form, follows the further rule and is not too long.</summary>
    public bool Accepts(string text) => text.Length <= MaxLength && _form.IsMatch(text) && Objection?.Invoke(text) is null;

    /// <summary>The form with anchors, as JSON Schema wants it.</summary>
    public string SchemaPattern => $"^({pattern})$";

    public override JsonObject ToSchema()
    {
        var schema = new JsonObject
        {
            ["type"] = TakesAnyScalar ? new JsonArray("string", "number", "boolean") : "string",
            ["maxLength"] = MaxLength,
        };
        if (pattern != AnyText)
        {
            schema["pattern"] = SchemaPattern;
        }

        return schema;
    }

    public override JsonNode? ToJson(string value) => value is { Length: > 0 } ? JsonValue.Create(value) : null;
}
