namespace Aspire.Hosting;

/// <summary>How an application is put together.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The assembly that declares the application, when it is not the entry assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The name that the dashboard shows; the AppHost's when unset.</summary>
    public string? DashboardApplicationName { get; set; }

    /// <summary>Whether the dashboard is left out; in a test it is unless <c>Dashboard:Disabled</c> is <c>false</c>.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Whether what the resources write goes to the application's own logging too, under NAME.Resources.RESOURCE.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>Whether the engine's own traffic may go in the clear; this engine has none.</summary>
    public bool AllowUnsecuredTransport { get; set; }
}
