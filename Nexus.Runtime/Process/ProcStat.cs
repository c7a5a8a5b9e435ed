using System.Globalization;

namespace Nexus.Runtime.Process;

/// <summary>What the kernel says of a process in <c>/proc/[pid]/stat</c> (proc(5)).</summary>
/// <param name="State">One letter: R, S, D, T, Z, X …</param>
/// <param name="Session">Process id of its session's leader.</param>
/// <param name="StartTicks">Clock ticks from boot to its start; with the process id, its identity.</param>
internal readonly record struct ProcStat(char State, int Session, long StartTicks)
{
    /// <summary>Whether it only waits to be reaped. Where process 1 does not reap, that may take for ever.</summary>
    public bool IsEnded => State is 'Z' or 'X' or 'x';

    /// <summary>Null when there is no such process.</summary>
    public static ProcStat? Read(int pid)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The name in parentheses may contain anything, even parentheses: the fields start after the last one.</summary>
    public static ProcStat? Parse(string text)
    {
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19
            ? new ProcStat(
                fields[0][0],
                int.Parse(fields[3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                long.Parse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture))
            : null;
    }
}
