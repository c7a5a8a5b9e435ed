using System.CommandLine;
using System.CommandLine.Parsing;
using Nexus.Cli.Drills;
using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Load;

namespace Nexus.Cli.Commands;

/// <summary>The options of <c>nexus drill</c>.</summary>
internal sealed class DrillOptions
{
    private const int MaxRate = 100_000;

    private readonly Option<string> _pool = new("--pool")
    {
        Description = "The pool that is hurt and asked.",
        HelpName = "name",
        DefaultValueFactory = _ => "web",
    };

    private readonly Option<Uri[]> _urls = new("--url")
    {
        Description = "Where its requests go; once for each gateway. Default: where the gateways of the cluster take requests.",
        HelpName = "url",
        CustomParser = Urls,
    };

    private readonly Option<int> _rate = Number("--rate", "Requests a second over kept connections.", 500, 0, MaxRate);

    private readonly Option<int> _newRate = Number("--new-connections-rate", "Requests a second with a new connection each.", 200, 0, MaxRate);

    private readonly Option<string[]> _faults = new("--faults")
    {
        Description = $"Which faults, by commas. Default: all that can be caused here, of {string.Join(", ", FaultCatalog.Names)}.",
        HelpName = "names",
        CustomParser = Faults,
    };

    private readonly Option<int> _times = Number("--times", "How often each fault is caused.", 1, 1, 1000);

    private readonly Option<string> _method = new("--method")
    {
        Description = "The method of the requests.",
        HelpName = "method",
        DefaultValueFactory = _ => "GET",
    };

    private readonly Option<int?> _scaleTo = new("--scale-to")
    {
        Description = "Replicas to scale to and back from. Default: twice as many.",
        HelpName = "number",
        CustomParser = result => Numbers.Parse(result, "--scale-to", 0, 1000),
    };

    private readonly Option<TimeSpan?> _outage = new("--outage")
    {
        Description = "How long all managers, or all Consul servers, stay away. Default 20s.",
        HelpName = "time",
        CustomParser = Spans.Parse,
    };

    private readonly Option<string?> _exit = new("--exit-env")
    {
        Description = "Variable that makes the app exit at its start. Else its command is replaced.",
        HelpName = "name=value",
    };

    private readonly Option<string?> _unhealthy = new("--unhealthy-env")
    {
        Description = "Variable that keeps the app from getting healthy. Else its command is replaced.",
        HelpName = "name=value",
    };

    private readonly Option<string?> _late = new("--listens-late-env")
    {
        Description = "Variable that makes the app listen some seconds after its start, for listens-late.",
        HelpName = "name=value",
    };

    private readonly Option<string?> _silent = new("--never-listens-env")
    {
        Description = "Variable that keeps the app from listening. Else its command is replaced.",
        HelpName = "name=value",
    };

    private readonly Option<Uri[]> _admins = new("--gateway-admin")
    {
        Description = "Admin address of a gateway that the cluster does not tell.",
        HelpName = "url",
        CustomParser = Urls,
    };

    private readonly Option<Uri[]> _consuls = new("--consul")
    {
        Description = "Address of a Consul server of this machine that no service here uses.",
        HelpName = "url",
        CustomParser = Urls,
    };

    public void AddTo(Command command)
    {
        Option[] all = [_pool, _urls, _rate, _newRate, _faults, _times, _method, _scaleTo, _outage, _exit, _unhealthy, _late, _silent, _admins, _consuls];
        Array.ForEach(all, command.Options.Add);
    }

    public DrillSettings Read(ParseResult parsed) => new()
    {
        Pool = parsed.GetRequiredValue(_pool),
        Urls = parsed.GetValue(_urls) ?? [],
        Rates = new LoadRates(parsed.GetValue(_rate), parsed.GetValue(_newRate)),
        Faults = parsed.GetValue(_faults) ?? [],
        Times = parsed.GetValue(_times),
        Method = HttpMethod.Parse(parsed.GetRequiredValue(_method).ToUpperInvariant()),
        ScaleTo = parsed.GetValue(_scaleTo),
        Outage = parsed.GetValue(_outage) ?? TimeSpan.FromSeconds(20),
        ExitVariable = parsed.GetValue(_exit),
        UnhealthyVariable = parsed.GetValue(_unhealthy),
        LateVariable = parsed.GetValue(_late),
        SilentVariable = parsed.GetValue(_silent),
        GatewayAdmins = parsed.GetValue(_admins) ?? [],
        Consuls = parsed.GetValue(_consuls) ?? [],
    };

    private static Option<int> Number(string name, string description, int usual, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = result => Numbers.Parse(result, name, least, most),
    };

    private static Uri[] Urls(ArgumentResult result)
    {
        var urls = new List<Uri>();
        foreach (var token in result.Tokens)
        {
            if (Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https" })
            {
                urls.Add(url);
            }
            else
            {
                result.AddError($"'{token.Value}' is not an address. It must be an http or https URL like http://localhost:8080/.");
            }
        }

        return [.. urls];
    }

    private static string[] Faults(ArgumentResult result)
    {
        var names = result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
        foreach (var name in names.Where(n => !FaultCatalog.Names.Contains(n)))
        {
            result.AddError($"'{name}' is not a fault; there are {string.Join(", ", FaultCatalog.Names)}.");
        }

        return [.. names.Distinct()];
    }
}
