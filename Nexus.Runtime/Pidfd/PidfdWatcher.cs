using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nexus.Runtime.Pidfd;

/// <summary>What came of the wish to watch a process.</summary>
internal enum PidfdOutcome
{
    /// <summary>Its end will be told, once.</summary>
    Watching,

    /// <summary>It has ended, or its id now belongs to another.</summary>
    Gone,

    /// <summary>This kernel, platform or sandbox has no pidfd.</summary>
    NotPossible,
}

/// <summary>
/// Tells the end of processes that need not be children, within milliseconds: one thread polls the pidfds of all of
/// them. The owner disposes it; ends after that are not told.
/// </summary>
internal sealed class PidfdWatcher : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Watch> _watches = [];
    private readonly SafeFileHandle? _wake;
    private readonly Thread? _thread;
    private bool _disposed;

    public PidfdWatcher()
    {
        if (!IsSupported)
        {
            return;
        }

        _wake = LinuxCalls.OpenEventCounter();
        _thread = new Thread(Run) { IsBackground = true, Name = "nexus-pidfd" };
        _thread.Start();
    }

    /// <summary>Whether this machine has pidfds at all.</summary>
    public static bool IsSupported { get; } = Probe();

    /// <summary>
    /// Has <paramref name="ended"/> called when the process ends, on the watcher's thread: it must not block.
    /// <paramref name="isStillIt"/> is asked after the pidfd is held, so that a process id used again is not mistaken.
    /// </summary>
    public PidfdOutcome TryWatch(int pid, Func<bool> isStillIt, Action ended)
    {
        if (_wake is null)
        {
            return PidfdOutcome.NotPossible;
        }

        var handle = LinuxCalls.OpenPidfd(pid, out var error);
        if (handle is null)
        {
            return error == LinuxCalls.NoSuchProcess ? PidfdOutcome.Gone : PidfdOutcome.NotPossible;
        }

        if (!isStillIt())
        {
            handle.Dispose();
            return PidfdOutcome.Gone;
        }

        lock (_lock)
        {
            if (_disposed)
            {
                handle.Dispose();
                return PidfdOutcome.NotPossible;
            }

            _watches.Add(new Watch(handle, ended));
        }

        LinuxCalls.Add(_wake, 1);
        return PidfdOutcome.Watching;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        if (_wake is not null && _thread is not null)
        {
            LinuxCalls.Add(_wake, 1);
            _thread.Join();
            _wake.Dispose();
        }
    }

    private static bool Probe()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            return false;
        }

        using var handle = LinuxCalls.OpenPidfd(Environment.ProcessId, out _);
        return handle is not null;
    }

    private void Run()
    {
        while (Snapshot() is { } watches)
        {
            var entries = new LinuxCalls.PollEntry[watches.Length + 1];
            entries[0] = Entry(_wake!);
            for (var i = 0; i < watches.Length; i++)
            {
                entries[i + 1] = Entry(watches[i].Handle);
            }

            if (LinuxCalls.Poll(entries) <= 0)
            {
                continue;
            }

            if (entries[0].Seen != 0)
            {
                LinuxCalls.Drain(_wake!);
            }

            for (var i = 0; i < watches.Length; i++)
            {
                if (entries[i + 1].Seen != 0)
                {
                    Finish(watches[i]);
                }
            }
        }
    }

    // Null once disposed. Handles are closed on this thread only, so none is closed while it is polled.
    private Watch[]? Snapshot()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                return [.. _watches];
            }

            _watches.ForEach(watch => watch.Handle.Dispose());
            _watches.Clear();
            return null;
        }
    }

    private void Finish(Watch watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
        }

        watch.Handle.Dispose();
        watch.Ended();
    }

    private static LinuxCalls.PollEntry Entry(SafeFileHandle handle) =>
        new() { Handle = (int)handle.DangerousGetHandle(), Wanted = LinuxCalls.Readable };

    private sealed record Watch(SafeFileHandle Handle, Action Ended);
}
