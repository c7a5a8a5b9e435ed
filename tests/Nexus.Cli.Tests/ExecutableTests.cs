using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

/// <summary>The built executable, from outside.</summary>
public sealed class ExecutableTests : IDisposable
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "nexus");

    // With all that it needs beside it; the copy among the tests finds some of that in frameworks that only they have.
    private static readonly string Program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "Nexus.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "nexus"));

    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-exe-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task It_exits_as_documented()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "good.yaml"), Samples.Yaml, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_directory, "bad.yaml"), "worker_pools: 3", TestContext.Current.CancellationToken);

        var good = await RunAsync("validate", "good.yaml");
        var bad = await RunAsync("validate", "bad.yaml");
        var usage = await RunAsync("frobnicate");
        var away = await RunAsync("status", "--address", "http://127.0.0.1:1");

        Assert.Equal(new CliResult(0, "good.yaml: valid\n", ""), good);
        Assert.Equal([4, 2, 3], [bad.Code, usage.Code, away.Code]);
        Assert.StartsWith("bad.yaml:1:", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_through_a_pipe_is_one_document_without_colours()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = Samples.Status;

        var json = await RunAsync("status", "-o", "json", "-a", cluster.Endpoint.Display);
        var table = await RunAsync("status", "-a", cluster.Endpoint.Display);

        Assert.Equal(3, JsonSerializer.Deserialize(json.Out, ApiJson.Default.StatusView)!.SpecRevision);
        Assert.Contains("killed [out of memory]\n", table.Out);
        Assert.DoesNotContain('\u001b', table.Out);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_ends_it_quietly(string signal, int code)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Happen(Samples.Event(1));

        // With the usual signals: a shell starts what it runs in the background with Ctrl-C ignored, and children inherit that.
        using var process = StartProgram("env", "--default-signal=INT", Executable, "events", "--follow", "-a", cluster.Endpoint.Display);
        var first = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.Contains("event 1", first);

        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"]);
        var result = await EndAsync(process);

        Assert.Equal(new CliResult(code, "", ""), result);
    }

    [Fact]
    public async Task It_ends_when_the_reader_of_its_output_has_gone()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Happen(Samples.Event(1));
        using var process = Start("events", "--follow", "-a", cluster.Endpoint.Display);
        Assert.Contains("event 1", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.StandardOutput.Close();

        cluster.Happen(Samples.Event(2));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help apply")]
    [InlineData("version")]
    [InlineData("--version")]
    [InlineData("completion bash")]
    [InlineData("validate a.yaml")]
    public async Task Output_that_cannot_be_written_is_a_failure_that_says_so(string words)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "a.yaml"), Samples.Yaml, TestContext.Current.CancellationToken);

        var result = await EndAsync(StartProgram("/bin/sh", "-c", $"\"$0\" {words} > /dev/full", Executable));

        Assert.Equal(1, result.Code);
        Assert.StartsWith("error: the output cannot be written: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("validate none.yaml")]
    public async Task Where_not_even_the_error_can_be_written_the_exit_code_says_it(string words)
    {
        var result = await EndAsync(StartProgram("/bin/sh", "-c", $"\"$0\" {words} 2> /dev/full", Executable));

        Assert.Equal(new CliResult(1, "", ""), result);
    }

    [Fact]
    public async Task Two_runs_into_one_file_follow_each_other()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "a.yaml"), Samples.Yaml, TestContext.Current.CancellationToken);
        const string Script = "(\"$0\" validate a.yaml; \"$0\" validate a.yaml) > out; cat out";

        var result = await EndAsync(StartProgram("/bin/sh", "-c", Script, Executable));

        Assert.Equal("a.yaml: valid\na.yaml: valid\n", result.Out);
    }

    [Fact]
    public async Task Where_a_collector_is_named_a_change_begins_the_trace_of_its_request_and_a_look_none()
    {
        await using var cluster = await FakeCluster.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory, "good.yaml"), Samples.Yaml, TestContext.Current.CancellationToken);
        string? traceparent = null;
        var reports = new ConcurrentQueue<byte[]>();
        cluster.OnRequest = async context =>
        {
            if (context.Request.Path == "/v1/traces")
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
                reports.Enqueue(body.ToArray());
                context.Response.StatusCode = 202;
            }
            else if (context.Request.Method == "PUT")
            {
                traceparent = context.Request.Headers.TraceParent;
            }
        };
        (string, string)[] collector = [("OTEL_EXPORTER_OTLP_ENDPOINT", cluster.Endpoint.Display), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];

        var looked = await EndAsync(StartProgram(Program, collector, "status", "-a", cluster.Endpoint.Display));
        Assert.Equal((0, 0), (looked.Code, reports.Count));
        var applied = await EndAsync(StartProgram(Program, collector, "apply", "good.yaml", "-a", cluster.Endpoint.Display));

        Assert.Equal((0, ""), (applied.Code, applied.Error));
        Assert.True(ActivityContext.TryParse(traceparent, null, out var request));
        var report = Assert.Single(reports);
        Assert.True(report.AsSpan().IndexOf("nexus apply"u8) >= 0, "the command's span was not sent");
        Assert.True(report.AsSpan().IndexOf(Convert.FromHexString(request.TraceId.ToHexString())) >= 0, "the request belongs to another trace");
    }

    private Task<CliResult> RunAsync(params string[] args) => EndAsync(Start(args));

    private Process Start(params string[] args) => StartProgram(Executable, args);

    private Process StartProgram(string program, params string[] args) => StartProgram(program, [], args);

    private Process StartProgram(string program, (string Name, string Value)[] variables, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = _directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("NEXUS_ADDRESS");
        start.Environment["FORCE_COLOR"] = "1";
        start.Environment["HOME"] = _directory;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<CliResult> EndAsync(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return new CliResult(process.ExitCode, await output, await error);
        }
    }
}
