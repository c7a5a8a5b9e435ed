namespace Aspire.Hosting;

/// <summary>How an application is put together.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The assembly that declares the application, when it is not the entry assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The name that a dashboard shows; this engine has no dashboard.</summary>
    public string? DashboardApplicationName { get; set; }

    /// <summary>Whether a dashboard is left out; this engine has none.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Whether what the resources write goes to the application's own logging too, under NAME.Resources.RESOURCE.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>Whether the engine's own traffic may go in the clear; this engine has none.</summary>
    public bool AllowUnsecuredTransport { get; set; }
}
