using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Containers;

/// <summary>
/// The public ports that a persistent container has from an earlier run. It keeps them: with others it would be another
/// container, and whoever knows it knows it by them.
/// </summary>
internal sealed class KeptPorts(IReadOnlyDictionary<string, int> ports) : IResourceAnnotation
{
    /// <summary>The public port of a port inside the container; null when it has none.</summary>
    public int? Of(int inside, ProtocolType protocol) => ports.TryGetValue(Key(inside, protocol), out var port) ? port : null;

    /// <summary>Reads what the engine has of the persistent containers, and leaves it with them.</summary>
    public static async Task ReadAsync(
        IEnumerable<IResource> resources, DockerCommand? docker, string owner, CancellationToken cancellationToken)
    {
        foreach (var resource in resources.OfType<ContainerResource>().Where(r => ContainerArguments.OutlivesTheRun(r)))
        {
            if (docker is not null && resource.Annotations.OfType<EndpointAnnotation>().Any())
            {
                var (exitCode, output, _) = await docker.TryRunAsync(
                    ["inspect", "--format", "{{json .HostConfig.PortBindings}}", ContainerArguments.NameOf(resource, owner)], cancellationToken);
                resource.Annotations.Add(new KeptPorts(exitCode == 0 ? Parse(output) : new Dictionary<string, int>(StringComparer.Ordinal)));
            }
        }
    }

    private static Dictionary<string, int> Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var bindings = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.EnumerateObject().ToList() : [];
        return bindings.Where(b => b.Value.ValueKind == JsonValueKind.Array && b.Value.GetArrayLength() > 0).ToDictionary(
            b => b.Name, b => int.Parse(b.Value[0].GetProperty("HostPort").GetString()!, CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    private static string Key(int inside, ProtocolType protocol) => $"{inside}/{protocol.ToString().ToLowerInvariant()}";
}
