namespace Nexus.Manifests;

/// <summary>How a machine runs its parts of Nexus.</summary>
public enum DeploymentTarget
{
    /// <summary>As containers, by Docker Compose.</summary>
    Compose,

    /// <summary>As services of systemd.</summary>
    Systemd,
}
