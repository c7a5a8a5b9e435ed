namespace Nexus.Runtime;

/// <summary>The engine does not answer. The message names its address and the command that mends it.</summary>
public sealed class RuntimeUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An image is neither here nor can be pulled; a class of failure of its own. The message carries the registry's text.</summary>
public sealed class ImageUnavailableException(string image, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The image.</summary>
    public string Image { get; } = image;
}

/// <summary>A workload could not be started. The message carries the engine's or system's text.</summary>
public sealed class WorkloadStartException(string message, Exception? inner = null) : Exception(message, inner);
