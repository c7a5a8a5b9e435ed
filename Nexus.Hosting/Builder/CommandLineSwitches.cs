namespace Aspire.Hosting;

/// <summary>Options of the engine's own that stand without a value, which the configuration's command line reader cannot read.</summary>
internal static class CommandLineSwitches
{
    private static readonly Dictionary<string, string> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--logs"] = "Hosting:Logs",
        ["--no-dashboard"] = "Dashboard:Disabled",
    };

    /// <summary>Takes the switches out of the command line and gives them as configuration.</summary>
    public static (string[] Args, Dictionary<string, string?> Switches) Split(string[] args)
    {
        var switches = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var arg in args.Where(Keys.ContainsKey))
        {
            switches[Keys[arg]] = "true";
        }

        return ([.. args.Where(arg => !Keys.ContainsKey(arg))], switches);
    }
}
