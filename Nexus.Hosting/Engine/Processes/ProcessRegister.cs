using System.Diagnostics;
using System.Globalization;

namespace Nexus.Hosting.Engine.Processes;

/// <summary>
/// The processes of this run, in a file of the state folder: for systems where the owner's mark cannot be read back.
/// A pid counts only together with its start time.
/// </summary>
internal sealed class ProcessRegister(string stateDirectory)
{
    // Systems tell start times in ticks of their own, some of them in whole seconds.
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(2);

    private readonly string _file = Path.Combine(stateDirectory, "processes.tsv");
    private readonly Lock _gate = new();

    public void Add(int pid, DateTime startTime, string resource)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(stateDirectory);
            File.AppendAllText(_file, string.Create(CultureInfo.InvariantCulture, $"{pid}\t{startTime.Ticks}\t{resource}\n"));
        }
    }

    /// <summary>The registered processes that still run.</summary>
    public IReadOnlyList<OwnedProcess> Find()
    {
        if (!File.Exists(_file))
        {
            return [];
        }

        return [.. File.ReadAllLines(_file).Select(line => line.Split('\t')).Where(columns => columns.Length == 3)
            .Select(columns => (
                Pid: int.Parse(columns[0], CultureInfo.InvariantCulture),
                Start: new DateTime(long.Parse(columns[1], CultureInfo.InvariantCulture), DateTimeKind.Utc),
                Resource: columns[2]))
            .Where(entry => IsRunning(entry.Pid, entry.Start))
            .Select(entry => new OwnedProcess(entry.Pid, entry.Resource))];
    }

    public void Clear() => File.Delete(_file);

    private static bool IsRunning(int pid, DateTime start)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && (process.StartTime.ToUniversalTime() - start).Duration() < Precision;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
