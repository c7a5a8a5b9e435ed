using System.Text;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Spectre.Console;

namespace Nexus.Cli.Tests.Fakes;

/// <summary>What a run came to.</summary>
internal sealed record CliResult(int Code, string Out, string Error);

/// <summary>Runs the command inside the test, in a folder of its own, with an empty environment.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("nexus-cli-").FullName;

    public WatchedWriter Out { get; } = new();

    public WatchedWriter Error { get; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public byte[] StandardInput { get; init; } = [];

    /// <summary>Whether standard input is a terminal.</summary>
    public bool CanConfirm { get; init; }

    public void Set(string variable, string value) => _variables[variable] = value;

    /// <summary>Writes a file below the working directory.</summary>
    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return name;
    }

    public Task<CliResult> RunAsync(FakeCluster cluster, params string[] args) =>
        RunUntilAsync([.. args, "--address", cluster.Endpoint.Address.ToString()], TestContext.Current.CancellationToken);

    public Task<CliResult> RunAsync(params string[] args) => RunUntilAsync(args, TestContext.Current.CancellationToken);

    public async Task<CliResult> RunUntilAsync(string[] args, CancellationToken cancellationToken)
    {
        var host = new CliHost(
            _ => new Terminal(Console(Out), Console(Error)),
            endpoints => NexusApiClient.Create(endpoints, Time, () => 0),
            Time,
            new Surroundings(_variables.GetValueOrDefault, Directory, Path.Combine(Directory, "home"), "ann@box", () => new MemoryStream(StandardInput), Environment.MachineName)
            {
                CanConfirm = CanConfirm,
            });
        var code = await NexusCommandLine.RunAsync(args, host, cancellationToken);
        return new CliResult(code, Out.ToString(), Error.ToString());
    }

    public void Dispose()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        Out.Dispose();
        Error.Dispose();
    }

    private static IAnsiConsole Console(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Terminal.RedirectedWidth;
        return console;
    }
}
