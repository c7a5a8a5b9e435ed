using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using Nexus.Api.V1;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>A manager as a process of its own, to be stopped, continued and killed as only processes can be.</summary>
internal sealed class ManagerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ManagerProcess(string name, Uri consul)
    {
        Address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        Http = new HttpClient { BaseAddress = Address };
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Nexus.Orchestrator"))
            {
                ArgumentList =
                {
                    "--urls", Address.ToString(), "--Consul:Address", consul.ToString(), "--Orchestrator:Name", name,
                    "--Orchestrator:Profile", "Fast", "--Logging:LogLevel:Default", "Warning",
                },
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>What it wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts a manager and waits until its API shows the cluster.</summary>
    public static async Task<ManagerProcess> StartAsync(string name, Uri consul, CancellationToken cancellationToken)
    {
        var manager = new ManagerProcess(name, consul);
        manager._process.Start();
        manager._process.BeginOutputReadLine();
        manager._process.BeginErrorReadLine();
        try
        {
            await manager.StatusAsync(_ => true, $"{name} shows the cluster", cancellationToken);
            return manager;
        }
        catch
        {
            await manager.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until its status is as wanted.</summary>
    public async Task<StatusView> StatusAsync(Func<StatusView, bool> condition, string what, CancellationToken cancellationToken) =>
        (await Until.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await Http.GetAsync(Routes.Status, cancellationToken);
                    return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(ApiJson.Default.StatusView, cancellationToken) : null;
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            },
            s => s is not null && condition(s), what, cancellationToken))!;

    public async Task ApplyAsync(string yaml, CancellationToken cancellationToken)
    {
        using var content = new StringContent(yaml, Encoding.UTF8, ApiHeaders.Yaml);
        using var answer = await Http.PutAsync(Routes.Spec, content, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>SIGSTOP: it neither runs nor knows it.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => SignalAsync("STOP", cancellationToken);

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync(CancellationToken cancellationToken) => SignalAsync("CONT", cancellationToken);

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task SignalAsync(string signal, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    private void Keep(object sender, DataReceivedEventArgs arguments)
    {
        lock (_output)
        {
            _output.AppendLine(arguments.Data);
        }
    }
}
