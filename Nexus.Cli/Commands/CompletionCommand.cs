using System.CommandLine;
using Nexus.Cli.Terminals;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus completion</c>: prints a script that teaches a shell to complete the command.</summary>
internal sealed class CompletionCommand(CommandContext context)
{
    private const string Bash = """
        _nexus() {
            local IFS=$'\n'
            COMPREPLY=($(nexus "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null))
        }
        complete -o default -F _nexus nexus
        """;

    private const string Zsh = """
        #compdef nexus
        _nexus() {
            local -a words_found
            words_found=("${(@f)$(nexus "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            [[ -n "$words_found" ]] && compadd -- $words_found || _files
        }
        compdef _nexus nexus
        """;

    private const string Fish = """
        complete -c nexus -a '(nexus "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
        """;

    public static Command Describe(CommandRunner runner)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that makes a shell complete this command.") { shell };
        return runner.Attach(command, (context, parsed, _) =>
            Task.FromResult(new CompletionCommand(context).Run(parsed.GetRequiredValue(shell))));
    }

    public ExitCode Run(string shell)
    {
        context.Terminal.Out.Line(shell switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        });
        return ExitCode.Ok;
    }
}
