using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Nexus.ServiceDefaults.Loops;
using Nexus.ServiceDefaults.Systemd;

namespace Nexus.ServiceDefaults.Tests;

public sealed class WatchdogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string?, string?, TimeSpan?> Environments => new()
    {
        { "no watchdog", null, null, null },
        { "asked of this process", "2000000", "42", TimeSpan.FromSeconds(2) },
        { "without a process id it is ours", "500000", null, TimeSpan.FromMilliseconds(500) },
        { "asked of the parent", "2000000", "41", null },
        { "off", "0", null, null },
        { "not a number", "2s", null, null },
    };

    [Theory]
    [MemberData(nameof(Environments))]
    public void FromEnvironment_reads_what_systemd_says(string because, string? microseconds, string? pid, TimeSpan? expected)
    {
        var environment = new Dictionary<string, string?> { ["WATCHDOG_USEC"] = microseconds, ["WATCHDOG_PID"] = pid };

        var settings = WatchdogSettings.FromEnvironment(name => environment[name], processId: 42);

        Assert.True(settings?.Timeout == expected, because);
    }

    [Fact]
    public async Task Watchdog_pings_the_real_socket_at_half_the_timeout_and_only_while_the_loops_live()
    {
        using var systemd = new NotifySocket();
        var time = new FakeTimeProvider();
        var heartbeats = new LoopHeartbeats(time);
        using var loop = heartbeats.Register("reconcile", TimeSpan.FromSeconds(3));
        var log = new WatchdogLog();
        using var service = new WatchdogService(
            new WatchdogSettings(TimeSpan.FromSeconds(2)), systemd.CreateNotifier(), heartbeats, time, log);
        await service.StartAsync(Cancel);
        Assert.Equal("WATCHDOG=1", await systemd.ReceiveAsync("the ping at the start"));

        // One tick at a time: each ping is received before time moves on. Three ticks of 1 s are within the loop's limit.
        for (var tick = 1; tick <= 3; tick++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("WATCHDOG=1", await systemd.ReceiveAsync($"the ping of tick {tick}"));
        }

        time.Advance(TimeSpan.FromSeconds(1)); // 4 s of silence
        var reason = await log.Withheld.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Contains("reconcile silent for 4.0 s (limit 3.0 s)", reason, StringComparison.Ordinal);
        Assert.Equal(0, systemd.Waiting);

        loop.Beat();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("WATCHDOG=1", await systemd.ReceiveAsync("the ping after the beat"));
        await service.StopAsync(Cancel);
    }

    private sealed class WatchdogLog : ILogger<WatchdogService>
    {
        public TaskCompletionSource<string> Withheld { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 3001)
            {
                Withheld.TrySetResult(formatter(state, exception));
            }
        }
    }

    /// <summary>systemd's end of NOTIFY_SOCKET.</summary>
    private sealed class NotifySocket : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nexus-notify");
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

        public NotifySocket() => _socket.Bind(new UnixDomainSocketEndPoint(Address));

        private string Address => Path.Combine(_folder.FullName, "notify");

        public int Waiting => _socket.Available;

        /// <summary>The notifier reads its socket from the environment, once; no other test of this project does.</summary>
        public SystemdNotifier CreateNotifier()
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", Address);
            try
            {
                return new SystemdNotifier();
            }
            finally
            {
                Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
            }
        }

        public async Task<string> ReceiveAsync(string what)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(20));
            var buffer = new byte[256];
            try
            {
                var count = await _socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
                return Encoding.UTF8.GetString(buffer, 0, count);
            }
            catch (OperationCanceledException late) when (!Cancel.IsCancellationRequested)
            {
                throw new TimeoutException($"systemd did not receive {what} within 20 s.", late);
            }
        }

        public void Dispose()
        {
            _socket.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}
