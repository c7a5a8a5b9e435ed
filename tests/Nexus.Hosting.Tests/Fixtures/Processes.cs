using System.Globalization;
using Nexus.Hosting.Engine.Processes;

namespace Nexus.Hosting.Tests.Fixtures;

internal static class Processes
{
    /// <summary>Whether a process runs; a zombie, which only waits for its parent to look, does not.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static int LastNumber(string text) => int.Parse(text.Split(' ')[^1], CultureInfo.InvariantCulture);

    /// <summary>Ends a process as a crash would.</summary>
    public static void Crash(int pid) => Signals.Kill(pid);
}
