namespace Nexus.Manifests.Compose;

/// <summary>References of images: always with a tag, and with the digest where it is known.</summary>
internal static class Images
{
    /// <summary>Parts that have an image.</summary>
    public static readonly string[] Parts = ["orchestrator", "gateway", "worker", "cli", "consul"];

    /// <summary>Consul's image.</summary>
    public static string Consul(BundleOptions options) => Pin("consul", options.ConsulImage, options);

    /// <summary>One of ours.</summary>
    public static string Of(string part, BundleOptions options)
    {
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
