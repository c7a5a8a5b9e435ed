using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Nexus.Cli.Drills.Sight;

namespace Nexus.Bench.Reliability.Beds;

/// <summary>One process of the cluster: it can be killed, stopped, and started again as it was.</summary>
internal sealed class Part : IDisposable
{
    private static readonly string[] Variables = ["Orchestrator__Name", "Worker__Name", "Gateway__Name"];
    private bool _ours;

    private Part(LocalProcess process, string variable, HttpClient? http)
    {
        Process = process;
        Variable = variable;
        Http = http;
    }

    public LocalProcess Process { get; private set; }

    /// <summary>The variable that names it; <c>consul</c> for a Consul server.</summary>
    public string Variable { get; }

    /// <summary>Its API; only a manager has one here.</summary>
    public HttpClient? Http { get; }

    public string Name => Process.Name;

    public bool IsUp { get; private set; } = true;

    /// <summary>The parts among the children of a process.</summary>
    public static IReadOnlyList<Part> ChildrenOf(int parent, DistributedApplication app)
    {
        var parts = new List<Part>();
        foreach (var pid in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!)))
        {
            if (ParentOf(pid) != parent || LocalProcess.TryRead(pid.ToString(), pid, out _) is not { } process)
            {
                continue;
            }

            var variable = Variables.FirstOrDefault(process.Environment.ContainsKey);
            if (variable is not null)
            {
                var name = process.Environment[variable];
                var http = variable == "Orchestrator__Name" ? app.CreateHttpClient(name, "http") : null;
                http?.Timeout = TimeSpan.FromSeconds(2);
                parts.Add(new Part(process with { Name = name }, variable, http));
            }
            else if (Path.GetFileName(process.Program) == "consul")
            {
                parts.Add(new Part(process with { Name = "consul" }, "consul", null));
            }
        }

        return [.. parts.OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        IsUp = false;
        Signals.Send(Process, Signals.Kill);
    }

    /// <summary>SIGSTOP: it exists, and does nothing.</summary>
    public void Stop()
    {
        IsUp = false;
        Signals.Send(Process, Signals.Stop);
    }

    /// <summary>SIGCONT.</summary>
    public void Continue()
    {
        Signals.Send(Process, Signals.Continue);
        IsUp = true;
    }

    /// <summary>Starts it again as it was.</summary>
    public void StartAgain()
    {
        Process = Process.StartAgain(Path.GetTempPath());
        (_ours, IsUp) = (true, true);
    }

    /// <summary>Ends what was started again here; the rest belongs to the AppHost.</summary>
    public void Dispose()
    {
        if (_ours)
        {
            Signals.Send(Process, Signals.Terminate);
        }

        Http?.Dispose();
    }

    private static int? ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
