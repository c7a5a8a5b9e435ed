using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Runtime.Docker;
using Nexus.Runtime.Tests.Contract;

namespace Nexus.Runtime.Tests.Docker;

internal sealed class DockerKit : IRuntimeKit
{
    public string BindAddress => "0.0.0.0";

    public string WritableDirectory => "/tmp";

    public static DockerRuntimeOptions Options(string cluster, NodeName node) => new()
    {
        Cluster = cluster,
        Node = node,
        ExtraLabels = ImmutableDictionary<string, string>.Empty.Add("nexus.hosting.owner", "me"),
    };

    public static DockerRuntime Open(DockerRuntimeOptions options) =>
        new(options, TimeProvider.System, () => 0.5, NullLogger<DockerRuntime>.Instance);

    public Task PrepareAsync() => TestImage.RequireAsync();

    public IContainerRuntime Create(string cluster, NodeName node) => Open(Options(cluster, node));

    public PoolTemplate Template(ImmutableArray<string> command) => new() { Image = TestImage.Name, Command = command };

    public void Dispose()
    {
    }
}
