namespace Nexus.Hosting.Engine.Dashboard;

/// <summary>Where the projects' telemetry goes: as the AppHost's environment says, else to our dashboard once it answers.</summary>
internal sealed class TelemetryTarget(EngineSettings settings)
{
    private OtlpSettings? _dashboard;

    /// <summary>Nothing when nobody takes it.</summary>
    public OtlpSettings? Current => settings.Otlp ?? Volatile.Read(ref _dashboard);

    /// <summary>Whether somebody outside takes it.</summary>
    public string? Elsewhere => settings.Otlp?.Endpoint;

    public void Use(OtlpSettings dashboard) => Volatile.Write(ref _dashboard, dashboard);
}
