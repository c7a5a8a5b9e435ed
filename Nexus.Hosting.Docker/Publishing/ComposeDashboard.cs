using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>The Aspire dashboard as a service, and everybody's telemetry to it.</summary>
internal static class ComposeDashboard
{
    private const string Image = "mcr.microsoft.com/dotnet/nightly/aspire-dashboard:latest";
    private const string OtlpPort = "18889";
    private const string Port = "18888";

    public static void AddTo(ComposeFile file, string environmentName, string network)
    {
        var name = $"{environmentName}-dashboard";
        foreach (var service in file.Services.Values)
        {
            service.Environment.TryAdd("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{name}:{OtlpPort}");
            service.Environment.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
            service.Environment.TryAdd("OTEL_SERVICE_NAME", service.Name);
        }

        file.AddService(new Service { Name = name, Image = Image, Ports = [Port], Expose = [OtlpPort], Networks = [network], Restart = "always" });
    }
}
