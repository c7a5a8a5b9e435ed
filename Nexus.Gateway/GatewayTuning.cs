namespace Nexus.Gateway;

/// <summary>Settings found by measuring, see docs/gateway.md.</summary>
internal static class GatewayTuning
{
    /// <summary>Whether Kestrel runs a request on the thread that polled its socket.</summary>
    public static bool InlineScheduling { get; } = IsOn("NEXUS_GATEWAY_INLINE_SCHEDULING");

    /// <summary>Whether answers of replicas run on the thread that polled their socket.</summary>
    public static bool InlineCompletions { get; } = IsOn("NEXUS_GATEWAY_INLINE_COMPLETIONS");

    private static bool IsOn(string variable) => Environment.GetEnvironmentVariable(variable) is "1";
}
