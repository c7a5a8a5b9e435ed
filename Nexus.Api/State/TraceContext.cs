using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Nexus.Api.State;

/// <summary>
/// The trace in which a document was written, beside the document itself: a key <c>traceparent</c> in its JSON that whoever
/// decides never reads, so that it makes no two documents differ.
/// </summary>
/// <param name="Traceparent">As the header of W3C's Trace Context; null when it was written in none.</param>
public sealed record TraceContext(string? Traceparent = null)
{
    /// <summary>The trace that a write of now belongs to; null where none is recorded.</summary>
    public static string? Current => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>The document with the trace beside it.</summary>
    /// <param name="document">A JSON object with at least one key.</param>
    /// <param name="traceparent">The trace; null leaves the document as it is.</param>
    public static byte[] Beside(byte[] document, string? traceparent)
    {
        ArgumentNullException.ThrowIfNull(document);
        return traceparent is null || document is not [(byte)'{', not (byte)'}', ..]
            ? document
            : [.. Encoding.UTF8.GetBytes($"{{\"traceparent\":\"{JsonEncodedText.Encode(traceparent)}\","), .. document.AsSpan(1)];
    }

    /// <summary>The trace beside a document; null when there is none.</summary>
    /// <param name="document">A JSON document that has been read already.</param>
    public static string? Of(ReadOnlyMemory<byte> document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Span, StateJson.Default.TraceContext)?.Traceparent;
        }
        catch (JsonException)
        {
            // Not worth a word: it is a note for people, and the document is what counts.
            return null;
        }
    }
}
