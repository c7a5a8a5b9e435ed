using System.Globalization;

namespace Nexus.Api.V1;

/// <summary>Headers of our own, and how their values and entity tags are written. Used by client and server alike.</summary>
public static class ApiHeaders
{
    /// <summary>Name of the document's file, for messages only; percent-encoded (see <see cref="Encode"/>).</summary>
    public const string File = "X-Nexus-File";

    /// <summary>Who applies, for the record only, not an authentication; percent-encoded (see <see cref="Encode"/>).</summary>
    public const string Author = "X-Nexus-Author";

    /// <summary>Media type of a spec document.</summary>
    public const string Yaml = "text/yaml";

    /// <summary>Media type of an error (RFC 9457).</summary>
    public const string ProblemJson = "application/problem+json";

    /// <summary>Media type of a stream of server-sent events.</summary>
    public const string EventStream = "text/event-stream";

    /// <summary>Makes any text fit into a header: plain ASCII as it is, else UTF-8, percent-encoded.</summary>
    public static string Encode(string value) =>
        value.All(c => c is >= ' ' and <= '~' and not '%') ? value : Uri.EscapeDataString(value);

    /// <summary>Undoes <see cref="Encode"/>; a plain text without percent signs comes back unchanged.</summary>
    public static string Decode(string value) => Uri.UnescapeDataString(value);

    /// <summary>Entity tag of a spec revision, for <c>ETag</c> and <c>If-Match</c>: <c>"12"</c>.</summary>
    public static string RevisionTag(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Reads what <see cref="RevisionTag"/> wrote; a bare number is taken too, since people type it.</summary>
    public static bool TryReadRevisionTag(string? tag, out long revision) =>
        long.TryParse(tag?.Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out revision);
}
