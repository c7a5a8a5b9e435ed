using Aspire.Hosting;

namespace Nexus.Hosting.Engine.Leftovers;

/// <summary>
/// Held while the application runs. The system gives it up with the process, so that after a crash the next run gets it;
/// while it is held, another run would take the live processes for leftovers.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    public static InstanceLock Take(EngineSettings settings)
    {
        Directory.CreateDirectory(settings.StateDirectory);
        var pidFile = Path.Combine(settings.StateDirectory, $"{settings.Owner}.pid");
        try
        {
            var file = new FileStream(
                Path.Combine(settings.StateDirectory, $"{settings.Owner}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(pidFile, $"{Environment.ProcessId}");
            return new InstanceLock(file);
        }
        catch (IOException exception) when (File.Exists(pidFile))
        {
            throw new DistributedApplicationException(
                $"This application already runs, as pid {File.ReadAllText(pidFile)}: stop that one first, "
                + "or give this one a name and folder of its own with --Hosting:Instance NAME --Hosting:StateDirectory FOLDER.", exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
