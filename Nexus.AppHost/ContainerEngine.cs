namespace Nexus.AppHost;

/// <summary>Whether a container engine answers on this machine.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks the engine for its version through the docker command, which knows contexts and DOCKER_HOST.</summary>
    public static async Task<(bool Answers, string Words)> ProbeAsync(CancellationToken cancellationToken)
    {
        var outcome = await CommandOutcome.OfAsync("docker", ["version", "--format", "{{.Server.Version}}"], Patience, cancellationToken);
        return outcome switch
        {
            { ExitCode: 0 } => (true, $"Docker Engine {outcome.Output} answers"),
            { ExitCode: null } => (false, outcome.Error),
            _ => (false, $"no Docker Engine answers at {Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "its usual socket"}"),
        };
    }
}
