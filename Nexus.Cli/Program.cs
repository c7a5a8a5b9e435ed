using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nexus.Api.V1;
using Nexus.Cli;
using Nexus.Cli.Terminals;

// Unlike the console's own stream, this one says when the reader of a pipe has gone, so that --follow can end.
// Not for files: it would keep a position of its own and write over what others wrote to the same file.
if (Console.IsOutputRedirected
    && new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0) is { CanSeek: false } output)
{
    Console.SetOut(new StreamWriter(output) { AutoFlush = true });
}

using var stop = new CancellationTokenSource();
var terminated = false;
long? signalled = null;
using var interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminations = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var jitter = new Random();
var host = new CliHost(
    Terminal.OfProcess,
    endpoints => NexusApiClient.Create(endpoints, TimeProvider.System, jitter.NextDouble),
    TimeProvider.System,
    new Surroundings(
        Environment.GetEnvironmentVariable, Environment.CurrentDirectory, Environment.GetEnvironmentVariable("HOME"),
        $"{Environment.UserName}@{Environment.MachineName}", Console.OpenStandardInput, Environment.MachineName)
    {
        CanConfirm = !Console.IsInputRedirected && !Console.IsErrorRedirected,
    });

int code;
using (CommandTraces.Send(Environment.GetEnvironmentVariable))
{
    code = await NexusCommandLine.RunAsync(args, host, stop.Token);
}

return terminated && code == (int)ExitCode.Interrupted ? (int)ExitCode.Terminated : code;

// The first signal ends the command in an orderly way; another one, should that hang, ends the process. Those that arrive
// together are one: a supervisor signals the process and its group.
void OnSignal(PosixSignalContext signal)
{
    signalled ??= TimeProvider.System.GetTimestamp();
    signal.Cancel = TimeProvider.System.GetElapsedTime(signalled.Value) < TimeSpan.FromSeconds(1);
    terminated |= signal.Signal == PosixSignal.SIGTERM;
    stop.Cancel();
}
