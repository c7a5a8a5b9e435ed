using System.Threading.Channels;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Tests.Contract;

/// <summary>Collects the exits a runtime tells; listens from its construction on.</summary>
internal sealed class ExitWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<WorkloadExit> _seen = Channel.CreateUnbounded<WorkloadExit>();
    private readonly Task _reading;

    public ExitWatch(IContainerRuntime runtime) => _reading = ReadAsync(runtime);

    public Task<WorkloadExit> NextAsync(AllocationId allocation) => NextAsync(allocation, _ => true, "its exit");

    public Task<WorkloadExit> NextWithCodeAsync(AllocationId allocation) =>
        NextAsync(allocation, exit => exit.ExitCode is not null, "its exit with the code");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task<WorkloadExit> NextAsync(AllocationId allocation, Func<WorkloadExit, bool> wanted, string what)
    {
        while (true)
        {
            var read = _seen.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            var exit = await Eventually.WithinLimitAsync(read, $"{what}, of {allocation}");
            if (exit.Allocation == allocation && wanted(exit))
            {
                return exit;
            }
        }
    }

    private async Task ReadAsync(IContainerRuntime runtime)
    {
        try
        {
            await foreach (var exit in runtime.WatchExitsAsync(_stop.Token))
            {
                _seen.Writer.TryWrite(exit);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _seen.Writer.TryComplete(e);
        }
    }
}
