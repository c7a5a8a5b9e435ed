using System.Text.RegularExpressions;

namespace Nexus.Runtime.Process;

/// <summary>
/// The shell between the agent and a workload. It lets the workload outlive the agent and still tells its exit code, and
/// when the main process ends it ends all others of the session, as the end of a container would.
/// </summary>
internal static partial class SupervisorScript
{
    /// <summary>
    /// POSIX sh; arguments: folder, output file, program, its arguments. Closes its standard output once the workload runs.
    /// <c>mkdir</c> lets only one shell start a workload, whoever calls. Signals to the session reach the workload, which
    /// has the default handling again after exec, while the shell lives on to see the exit code.
    /// </summary>
    private const string Text =
        """
        folder=$1 output=$2
        shift 2
        mkdir "$folder/started" 2>/dev/null || exit 75
        exec 3>&1 >>"$output" 2>&1 </dev/null
        start_of() {
            line=
            { read -r line <"/proc/$1/stat"; } 2>/dev/null
            set -- ${line##*) }
            start=${20:-0} group=${3:-0}
        }
        trap : TERM INT HUP
        PREFIX"$@" 3>&- &
        main=$!
        start_of $main
        main_start=$start
        start_of $$
        echo "$$ $start $main $main_start" >"$folder/processes"
        exec 3>&-
        while :; do
            wait $main
            code=$?
            kill -0 $main 2>/dev/null || break
        done
        echo $code >"$folder/exit"
        if [ "$group" = $$ ]; then
            kill -KILL 0
        fi
        """;

    /// <summary>
    /// The script and the environment to start it with. A shell drops variables whose names are not its own kind, such as
    /// <c>spring.port</c>: these travel under other names, and <c>env</c> gives them to the workload. Never as arguments of the shell,
    /// which every user of the machine sees.
    /// </summary>
    public static (string Script, IEnumerable<KeyValuePair<string, string>> Environment) For(IReadOnlyDictionary<string, string> environment)
    {
        var dropped = environment.Where(variable => !ShellName().IsMatch(variable.Key) && Passed().IsMatch(variable.Key)).ToList();
        var carriers = dropped.Select((variable, index) => KeyValuePair.Create($"NEXUS_ENV_{index}", variable.Value)).ToList();
        var prefix = dropped.Count == 0 ? ""
            : $"env {string.Join(' ', carriers.Select(carrier => $"-u {carrier.Key}"))} "
                + $"{string.Join(' ', dropped.Zip(carriers, (variable, carrier) => $"\"{variable.Key}=${carrier.Key}\""))} ";
        return (Text.Replace("PREFIX", prefix, StringComparison.Ordinal), environment.Except(dropped).Concat(carriers));
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ShellName();

    // What a spec may name a variable: nothing that means something within a shell's quotes.
    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.\-]*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Passed();
}
