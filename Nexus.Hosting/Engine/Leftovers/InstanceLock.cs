using Aspire.Hosting;

namespace Nexus.Hosting.Engine.Leftovers;

/// <summary>
/// Held while the application runs. The system gives it up with the process, so that after a crash the next run gets it;
/// while it is held, another run would take the live processes for leftovers.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _pidFile;

    private InstanceLock(FileStream file, string pidFile) => (_file, _pidFile) = (file, pidFile);

    public static InstanceLock Take(EngineSettings settings)
    {
        try
        {
            Directory.CreateDirectory(settings.LogDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"--Hosting:StateDirectory: {settings.StateDirectory} cannot be written: {exception.Message}", exception);
        }

        // Where every run of the same owner looks, whatever state folder it was given: leftovers are found by owner.
        var path = Path.Combine(Path.GetTempPath(), $"nexus-hosting-{settings.Owner}");
        var pidFile = path + ".pid";
        try
        {
            var file = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(pidFile, $"{Environment.ProcessId}");
            return new InstanceLock(file, pidFile);
        }
        catch (IOException exception) when (File.Exists(pidFile))
        {
            throw new DistributedApplicationException(
                $"This application already runs, as pid {File.ReadAllText(pidFile)}: stop that one first, "
                + "or give this one a name and folder of its own with --Hosting:Instance NAME --Hosting:StateDirectory FOLDER.", exception);
        }
    }

    public void Dispose()
    {
        // Before the lock is given up, so that the file of a later run is never the one deleted.
        File.Delete(_pidFile);
        File.Delete(_file.Name);
        _file.Dispose();
    }
}
