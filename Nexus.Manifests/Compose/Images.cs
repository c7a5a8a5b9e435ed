namespace Nexus.Manifests.Compose;

/// <summary>References of images: always with a tag, and with the digest where it is known.</summary>
public static class Images
{
    /// <summary>Parts that have an image.</summary>
    internal static readonly string[] Parts = ["orchestrator", "gateway", "worker", "cli", "consul"];

    /// <summary>Consul's image.</summary>
    internal static string Consul(BundleOptions options) => Pin("consul", options.ConsulImage, options);

    /// <summary>One of ours: prefix, repository and tag, and the digest where it is known.</summary>
    /// <param name="part">Which: <c>orchestrator</c>, <c>gateway</c>, <c>worker</c> or <c>cli</c>.</param>
    /// <param name="options">What is published.</param>
    public static string Of(string part, BundleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var repository = part switch
        {
            "orchestrator" => options.OrchestratorRepository,
            "gateway" => options.GatewayRepository,
            "worker" => options.WorkerRepository,
            _ => options.CliRepository,
        };
        var prefix = options.ImagePrefix.Length == 0 ? "" : options.ImagePrefix.TrimEnd('/') + "/";
        return Pin(part, $"{prefix}{repository}:{options.ImageTag ?? options.Version}", options);
    }

    private static string Pin(string part, string reference, BundleOptions options) =>
        options.Digests.TryGetValue(part, out var digest) ? $"{reference}@{digest}" : reference;
}
