using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Nexus.Cli;

/// <summary>The usual help with the exit codes below.</summary>
internal sealed class ExitCodesHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    ok
          1    the cluster refused or reported a failure
          2    wrong usage, or a file that cannot be read
          3    the cluster cannot be reached
          4    the spec is invalid
          5    timed out while waiting
          plan: 0 no change, 2 changes, 1 any error; drill: 3 requests failed where none may
          130  interrupted (Ctrl-C)
        """;

    public override bool ClearsParseErrors => usual.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes);
        return code;
    }
}
