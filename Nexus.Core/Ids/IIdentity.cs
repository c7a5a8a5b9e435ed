namespace Nexus.Core.Ids;

/// <summary>A name or number with a type of its own, so that a pool is never passed where a node is meant.</summary>
/// <typeparam name="TSelf">The identity itself.</typeparam>
public interface IIdentity<TSelf>
    where TSelf : struct, IIdentity<TSelf>
{
    /// <summary>The text that stands for it in YAML, JSON and keys.</summary>
    string Value { get; }

    /// <summary>Wraps a text that is already known to be valid; no check is made.</summary>
    static abstract TSelf Of(string value);
}
