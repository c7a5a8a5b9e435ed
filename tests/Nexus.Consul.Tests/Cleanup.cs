namespace Nexus.Consul.Tests;

/// <summary>Undoes at the end of a block what a test did to the shared server.</summary>
internal sealed class Cleanup(Func<Task> undo) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await undo();
}
