using System.Globalization;

namespace Nexus.Bench.Reliability;

/// <summary>What the command line asks for.</summary>
/// <param name="Rounds">Runs of what is repeated.</param>
/// <param name="Outage">How long managers and Consul are down.</param>
/// <param name="Rows">Rows to run; empty means all.</param>
/// <param name="Cluster">Passed on to the AppHost.</param>
internal sealed record Options(int Rounds, TimeSpan Outage, IReadOnlyList<string> Rows, IReadOnlyList<string> Cluster)
{
    public const string Usage = """
        dotnet run -c Release --project bench/Nexus.Bench.Reliability -- [options] [ROW ...]
          --rounds N        runs of kills, hangs and deploys (20)
          --outage SECONDS  how long all managers, then also all Consul servers are down (120)
          --topology NAME   passed on to the AppHost, as --workers, --managers, --consuls and --logs (2 workers, 2 managers, 1 Consul server)
        """;

    /// <summary>Reads a command line; null after it has said what is wrong.</summary>
    public static Options? Read(string[] args, IReadOnlyCollection<string> rows, TextWriter errors)
    {
        var options = new Options(20, TimeSpan.FromSeconds(120), [], ["--managers", "2", "--workers", "2", "--consuls", "1"]);
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--rounds" when int.TryParse(value, CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                    options = options with { Rounds = rounds };
                    i++;
                    break;
                case "--outage" when int.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds >= 4:
                    options = options with { Outage = TimeSpan.FromSeconds(seconds) };
                    i++;
                    break;
                case "--topology" or "--workers" or "--managers" or "--consuls" or "--logs" when value.Length > 0:
                    options = options with { Cluster = [.. options.Cluster, args[i], value] };
                    i++;
                    break;
                default:
                    if (!rows.Contains(args[i]))
                    {
                        errors.WriteLine($"'{args[i]}' is neither an option nor a row; rows are: {string.Join(", ", rows)}.{Environment.NewLine}{Usage}");
                        return null;
                    }

                    options = options with { Rows = [.. options.Rows, args[i]] };
                    break;
            }
        }

        return options;
    }
}
