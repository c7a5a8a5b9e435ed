namespace Nexus.Runtime.Process;

/// <summary>
/// The shell between the agent and a workload. It lets the workload outlive the agent and still tells its exit code, and
/// when the main process ends it ends all others of the session, as the end of a container would.
/// </summary>
internal static class SupervisorScript
{
    /// <summary>
    /// POSIX sh; arguments: folder, output file, program, its arguments. Closes its standard output once the workload runs.
    /// <c>mkdir</c> lets only one shell start a workload, whoever calls. Signals to the session reach the workload, which
    /// has the default handling again after exec, while the shell lives on to see the exit code.
    /// </summary>
    public const string Text =
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
        "$@" 3>&- &
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
}
