using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>The Aspire dashboard as a service, and everybody's telemetry to it. Its image is left to whoever rolls out.</summary>
internal static class ComposeDashboard
{
    private const string OtlpPort = "18889";
    private const string Port = "18888";

    public static void AddTo(ComposeFile file, DockerComposeEnvironmentResource environment, string network)
    {
        var name = $"{environment.Name}-dashboard";
        foreach (var service in file.Services.Values)
        {
            service.Environment.TryAdd("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{name}:{OtlpPort}");
            service.Environment.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
            service.Environment.TryAdd("OTEL_SERVICE_NAME", service.Name);
        }

        var image = new ComposeVariables(environment).DashboardImage(name);
        file.AddService(new Service { Name = name, Image = image, Ports = [Port], Expose = [OtlpPort], Networks = [network], Restart = "always" });
    }
}
