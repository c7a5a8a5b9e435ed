using Nexus.Runtime.Pidfd;
using Nexus.Runtime.Tests.Contract;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests;

public sealed class PidfdWatcherTests : IDisposable
{
    private readonly PidfdWatcher _watcher = new();

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public async Task TryWatch_tells_each_end_once()
    {
        Assert.SkipUnless(PidfdWatcher.IsSupported, "This kernel has no pidfd.");
        var processes = Enumerable.Range(0, 5).Select(_ => OsProcess.Start("sleep", "1000")).ToList();
        var told = new int[processes.Count];
        var ends = processes.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        for (var i = 0; i < processes.Count; i++)
        {
            var index = i;
            Assert.Equal(PidfdOutcome.Watching, _watcher.TryWatch(processes[i].Id, () => true, () =>
            {
                Interlocked.Increment(ref told[index]);
                ends[index].TrySetResult();
            }));
        }

        for (var i = 0; i < processes.Count; i++)
        {
            processes[i].Kill();
            await Eventually.WithinLimitAsync(ends[i].Task.ContinueWith(_ => true, TaskScheduler.Default), $"the end of process {i}");
            Assert.Equal(Enumerable.Range(0, 5).Select(n => n <= i ? 1 : 0), told);
        }

        processes.ForEach(process => process.Dispose());
    }

    [Fact]
    public void TryWatch_of_what_is_not_there_says_gone()
    {
        Assert.SkipUnless(PidfdWatcher.IsSupported, "This kernel has no pidfd.");

        Assert.Equal(PidfdOutcome.Gone, _watcher.TryWatch(4_190_000, () => true, () => { }));
    }

    [Fact]
    public void TryWatch_of_another_process_of_the_same_number_says_gone()
    {
        Assert.SkipUnless(PidfdWatcher.IsSupported, "This kernel has no pidfd.");

        Assert.Equal(PidfdOutcome.Gone, _watcher.TryWatch(Environment.ProcessId, () => false, () => { }));
    }

    [Fact]
    public void Dispose_ends_the_watching_and_may_be_called_twice()
    {
        _watcher.Dispose();
        _watcher.Dispose();

        Assert.Equal(PidfdOutcome.NotPossible, _watcher.TryWatch(Environment.ProcessId, () => true, () => { }));
    }
}
