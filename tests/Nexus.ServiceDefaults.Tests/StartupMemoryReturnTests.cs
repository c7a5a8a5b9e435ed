using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.ServiceDefaults.Memory;

namespace Nexus.ServiceDefaults.Tests;

public sealed class StartupMemoryReturnTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_returns_memory_once_and_only_after_the_delay()
    {
        var time = new ArmedTimeProvider();
        var returns = 0;
        using var service = new StartupMemoryReturn(() => returns++, time, NullLogger<StartupMemoryReturn>.Instance);
        await service.StartAsync(Cancel);
        await time.Armed.WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        time.Advance(StartupMemoryReturn.Delay - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, returns);

        time.Advance(TimeSpan.FromMilliseconds(1));
        await service.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal(1, returns);

        time.Advance(StartupMemoryReturn.Delay * 10);
        Assert.Equal(1, returns);
    }

    [Fact]
    public async Task StopAsync_before_the_delay_returns_nothing()
    {
        var time = new ArmedTimeProvider();
        var returns = 0;
        using var service = new StartupMemoryReturn(() => returns++, time, NullLogger<StartupMemoryReturn>.Instance);
        await service.StartAsync(Cancel);
        await time.Armed.WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        await service.StopAsync(Cancel);
        time.Advance(StartupMemoryReturn.Delay * 2);

        Assert.Equal(0, returns);
    }

    [Fact]
    public void ReturnUnused_gives_pages_of_both_heaps_back()
    {
        // Dropped, and of a size that the C library keeps: 48 MB in pieces below its threshold for mappings, the last one held
        // so that the top of its heap cannot shrink by itself.
        FillAndDrop();
        var before = Environment.WorkingSet;

        ProcessMemory.ReturnUnused();

        Assert.True(
            before - Environment.WorkingSet > 60L << 20,
            $"resident before {before >> 20} MB, after {Environment.WorkingSet >> 20} MB; 48 MB native and 48 MB managed were free");
    }

    /// <summary>Says when the wait has begun: a hosted service runs beside its starter.</summary>
    private sealed class ArmedTimeProvider : FakeTimeProvider
    {
        private readonly TaskCompletionSource _armed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Armed => _armed.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _armed.TrySetResult();
            return timer;
        }
    }

    private static unsafe void FillAndDrop()
    {
        var pieces = new nint[1024];
        for (var i = 0; i < pieces.Length; i++)
        {
            var piece = NativeMemory.Alloc(48 * 1024);
            new Span<byte>(piece, 48 * 1024).Fill(1);
            pieces[i] = (nint)piece;
        }

        var managed = new byte[48][];
        for (var i = 0; i < managed.Length; i++)
        {
            managed[i] = new byte[1 << 20];
            managed[i].AsSpan().Fill(1);
        }

        for (var i = 0; i < pieces.Length - 1; i++)
        {
            NativeMemory.Free((void*)pieces[i]);
        }
    }
}
