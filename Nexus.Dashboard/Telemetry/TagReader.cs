using System.Globalization;
using Google.Protobuf.Collections;
using Nexus.Dashboard.Otlp.Wire;

namespace Nexus.Dashboard.Telemetry;

/// <summary>Turns the protocol's values into short texts.</summary>
internal sealed class TagReader(TelemetryLimits limits)
{
    private const int Depth = 4;

    private readonly TextPool _names = new(capacity: 4_096);

    /// <summary>A name that comes again and again; one copy of it is kept.</summary>
    public string Name(string text) => _names.Intern(Cut(text, limits.AttributeLength));

    /// <summary>A long text of its own.</summary>
    public string Message(string text) => Cut(text, limits.MessageLength);

    /// <summary>The attributes, as many and as long as allowed.</summary>
    public Tag[] Read(RepeatedField<KeyValue> attributes)
    {
        if (attributes.Count == 0)
        {
            return [];
        }

        var tags = new Tag[Math.Min(attributes.Count, limits.Attributes)];
        for (var i = 0; i < tags.Length; i++)
        {
            var key = Name(attributes[i].Key);
            tags[i] = new Tag(key, Text(attributes[i].Value, Depth, IsLong(key) ? limits.MessageLength : limits.AttributeLength));
        }

        return tags;
    }

    /// <summary>The value as text.</summary>
    public string Text(AnyValue? value) => Text(value, Depth, limits.MessageLength);

    private string Text(AnyValue? value, int depth, int length)
    {
        var text = value?.ValueCase switch
        {
            AnyValue.ValueOneofCase.StringValue => value.StringValue,
            AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
            AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
            AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
            AnyValue.ValueOneofCase.BytesValue => $"{value.BytesValue.Length} bytes",
            AnyValue.ValueOneofCase.ArrayValue when depth > 0 =>
                $"[{string.Join(", ", value.ArrayValue.Values.Take(limits.Attributes).Select(v => Text(v, depth - 1, length)))}]",
            AnyValue.ValueOneofCase.KvlistValue when depth > 0 =>
                $"{{{string.Join(", ", value.KvlistValue.Values.Take(limits.Attributes).Select(v => $"{v.Key}: {Text(v.Value, depth - 1, length)}"))}}}",
            null or AnyValue.ValueOneofCase.None => "",
            _ => "…",
        };
        return text.Length <= 32 ? _names.Intern(text) : Cut(text, length);
    }

    private static bool IsLong(string key) => key is "exception.stacktrace" or "exception.message";

    private static string Cut(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");
}
