using System.Text.Json.Nodes;

namespace Nexus.Core.Spec.Sections;

/// <summary>How a value of one type is written: what reading, the JSON Schema and the reference say about it.</summary>
internal abstract class SpecValue<T>
{
    /// <summary>What is allowed, in the words of messages and of the reference.</summary>
    public abstract string Allowed { get; }

    /// <summary>Reads the value, or reports why not.</summary>
    public abstract bool TryRead(SpecCursor cursor, out T value);

    /// <summary>The type as JSON Schema.</summary>
    public abstract JsonObject ToSchema();

    /// <summary>A default as it would be written; null where there is nothing to write.</summary>
    public virtual JsonNode? ToJson(T value) => null;
}
