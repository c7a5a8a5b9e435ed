using System.Net.Sockets;
using Nexus.Samples.Web;

namespace Nexus.Samples.Tests;

public sealed class SampleProcessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Crash_leaves_with_the_code_asked_for()
    {
        using var sample = SampleProcess.Start();
        using (await sample.ConnectAsync(Cancel))
        {
            var broken = await Record.ExceptionAsync(() => sample.Client.PostAsync("/switch/crash?code=42", null, Cancel));
            Assert.True(broken is HttpRequestException or SocketException, $"{broken}");
        }

        Assert.Equal(42, await sample.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task Crash_on_start_never_listens()
    {
        using var sample = SampleProcess.Start(("CRASH_ON_START", "1"));

        Assert.Equal(SampleProgram.CrashOnStartCode, await sample.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task Sigterm_lets_the_request_under_way_finish()
    {
        using var sample = SampleProcess.Start();
        using var probe = await sample.ConnectAsync(Cancel);
        using var response = await sample.Client.GetAsync(
            "/stream?count=20&intervalMs=20", HttpCompletionOption.ResponseHeadersRead, Cancel);

        sample.Terminate();

        Assert.EndsWith("\n19\n", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(0, await sample.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task Tcp_mode_echoes_bytes_and_ends_on_sigterm()
    {
        using var sample = SampleProcess.Start(("MODE", "tcp"), ("START_DELAY_MS", "50"));
        using var client = await sample.ConnectAsync(Cancel);
        var stream = client.GetStream();

        await stream.WriteAsync("ping"u8.ToArray(), Cancel);
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer, Cancel);
        sample.Terminate();

        Assert.Equal("ping"u8.ToArray(), answer);
        Assert.Equal(0, await sample.WaitForExitAsync(Cancel));
    }
}
