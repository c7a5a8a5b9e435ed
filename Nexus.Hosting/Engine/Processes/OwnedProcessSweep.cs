namespace Nexus.Hosting.Engine.Processes;

/// <summary>Ends every process of an owner, whoever started it: first by request, then by force.</summary>
internal static class OwnedProcessSweep
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // How long the system may take to remove a process that was killed.
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Gives what was found running.</summary>
    public static async Task<IReadOnlyList<OwnedProcess>> RunAsync(
        Func<IReadOnlyList<OwnedProcess>> find, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var found = find();
        foreach (var process in found)
        {
            Signals.Terminate(process.Pid);
        }

        if (!await AreGoneAsync(find, timeout, time, cancellationToken))
        {
            await AreGoneAsync(KillAndFind, KillTimeout, time, cancellationToken);
        }

        return found;

        IReadOnlyList<OwnedProcess> KillAndFind()
        {
            // At every look: a process that is being killed may have started another meanwhile.
            var left = find();
            foreach (var process in left)
            {
                Signals.Kill(process.Pid);
            }

            return left;
        }
    }

    private static async Task<bool> AreGoneAsync(
        Func<IReadOnlyList<OwnedProcess>> find, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (find().Count > 0)
        {
            if (time.GetElapsedTime(began) > timeout)
            {
                return false;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }

        return true;
    }
}
