using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Nexus.Runtime.Process;

/// <summary>
/// Everything known of one workload, on disk, so that it survives the agent: the record is written by the agent before
/// the start, processes and exit code by the shell that supervises it, the output by the workload itself.
/// </summary>
internal sealed class WorkloadFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The boot of this machine; empty where the system has no such name.</summary>
    public static string Boot { get; } =
        OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";

    public string FullPath { get; } = path;

    public WorkloadId Id => new(Path.GetFileName(FullPath));

    public string OutputFile => Path.Combine(FullPath, "output.log");

    private string RecordFile => Path.Combine(FullPath, "workload.json");

    private string ProcessesFile => Path.Combine(FullPath, "processes");

    private string PausedFile => Path.Combine(FullPath, "paused");

    private string ExitFile => Path.Combine(FullPath, "exit");

    /// <summary>Durable once it returns: temporary file, flush to disk, rename.</summary>
    public void Write(WorkloadRecord record)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(FullPath);
        }
        else
        {
            Directory.CreateDirectory(FullPath, OwnerOnly);
        }

        var temporary = RecordFile + ".new";
        using (var file = File.Create(temporary))
        {
            JsonSerializer.Serialize(file, record, WorkloadRecordContext.Default.WorkloadRecord);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, RecordFile, overwrite: true);
    }

    /// <summary>Null when there is none, or one that was never finished.</summary>
    public WorkloadRecord? ReadRecord()
    {
        try
        {
            using var file = File.OpenRead(RecordFile);
            return JsonSerializer.Deserialize(file, WorkloadRecordContext.Default.WorkloadRecord);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes down whether it is paused on purpose: what was stopped by a fault looks the same to the kernel.</summary>
    public void MarkPaused(bool paused)
    {
        if (paused)
        {
            File.WriteAllBytes(PausedFile, []);
        }
        else
        {
            File.Delete(PausedFile);
        }
    }

    /// <summary>The supervising shell and the workload's main process, once started.</summary>
    public WorkloadProcesses? ReadProcesses()
    {
        var numbers = ReadLine(ProcessesFile)?.Split(' ');
        return numbers is [var shell, var shellStart, var main, var mainStart]
            ? new WorkloadProcesses(Identity(shell, shellStart), Identity(main, mainStart))
            : null;
    }

    /// <summary>Exit code and when it was written, once the main process has ended and its shell lived to see it.</summary>
    public (int Code, DateTimeOffset At)? ReadExit() =>
        int.TryParse(ReadLine(ExitFile), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? (code, new DateTimeOffset(File.GetLastWriteTimeUtc(ExitFile), TimeSpan.Zero))
            : null;

    /// <summary>
    /// The workload as it is now; null when the folder holds none. It has ended when its exit code is written down, or when
    /// nobody is left to do so.
    /// </summary>
    public Workload? ReadWorkload()
    {
        if (ReadRecord() is not { } record)
        {
            return null;
        }

        var processes = ReadProcesses();
        var runs = record.Boot == Boot && processes is { } p && (p.Main.IsAlive() || (p.Shell.IsAlive() && ReadExit() is null));
        var state = processes is null ? WorkloadState.Created : runs ? WorkloadState.Running : WorkloadState.Exited;
        var exit = state == WorkloadState.Exited ? ReadExit() : null;
        return new Workload
        {
            Id = Id,
            Allocation = record.Allocation,
            Pool = record.Pool,
            Revision = record.Revision,
            Attempt = record.Attempt,
            State = state,
            Paused = runs && File.Exists(PausedFile),
            ExitCode = exit?.Code,
            StartedAt = state == WorkloadState.Created ? null : record.StartedAt,
            FinishedAt = exit?.At,
            Pid = runs ? processes?.Main.Pid : null,
            HostPort = record.Port,
        };
    }

    [SuppressMessage("Design", "MA0045", Justification = "A few bytes that the page cache holds.")]
    private static string? ReadLine(string file)
    {
        try
        {
            // Written by one echo: what has no line end yet is not finished.
            var text = File.ReadAllText(file);
            return text.EndsWith('\n') ? text.Trim() : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static ProcessIdentity Identity(string pid, string start) => new(
        int.Parse(pid, NumberStyles.None, CultureInfo.InvariantCulture),
        long.Parse(start, NumberStyles.None, CultureInfo.InvariantCulture));
}

/// <summary>The processes that carry a workload.</summary>
/// <param name="Shell">Supervises, leads the session, writes the exit code down.</param>
/// <param name="Main">The workload's own first process.</param>
internal readonly record struct WorkloadProcesses(ProcessIdentity Shell, ProcessIdentity Main);
