using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Runtime.Process;
using Nexus.Runtime.Tests.Contract;

namespace Nexus.Runtime.Tests.Process;

internal sealed class ProcessKit : IRuntimeKit
{
    public string BindAddress => "127.0.0.1";

    public string WritableDirectory { get; } = Directory.CreateTempSubdirectory("nexus-runtime-").FullName;

    public IContainerRuntime Create(string cluster, NodeName node) => Open(WritableDirectory, cluster, node);

    public Task PrepareAsync() => Task.CompletedTask;

    public static ProcessRuntime Open(string directory, string cluster, NodeName node) => new(
        new ProcessRuntimeOptions
        {
            StateDirectory = Path.Combine(directory, "state"),
            Cluster = cluster,
            Node = node,
            WorkingDirectory = directory,
        },
        TimeProvider.System,
        NullLogger<ProcessRuntime>.Instance);

    public PoolTemplate Template(ImmutableArray<string> command) => new() { Process = new ProcessSpec { Command = command } };

    public void Dispose() => Directory.Delete(WritableDirectory, recursive: true);
}
