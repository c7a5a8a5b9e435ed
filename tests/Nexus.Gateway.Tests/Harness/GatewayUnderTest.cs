using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;
using Nexus.Testing;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>A whole gateway in this process, with a folder and ports of its own.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly LogKeeper _log;
    private readonly bool _ownsFolder;

    private GatewayUnderTest(WebApplication app, LogKeeper log, string folder, bool ownsFolder, int port, int adminPort)
    {
        (_app, _log, Folder, _ownsFolder) = (app, log, folder, ownsFolder);
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        };
        Admin = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{adminPort}") };
    }

    public HttpClient Client { get; }

    public HttpClient Admin { get; }

    public string Folder { get; }

    public RoutingState Routing => _app.Services.GetRequiredService<RoutingState>();

    public IReadOnlyCollection<(EventId Id, string Text)> Log => _log.Entries;

    public static Task<GatewayUnderTest> StartAsync(
        Uri consul, CancellationToken cancellationToken, string? folder = null, params string[] more) =>
        StartAsync(consul, _ => { }, cancellationToken, folder, more);

    public static async Task<GatewayUnderTest> StartAsync(
        Uri consul, Action<IServiceCollection> configure, CancellationToken cancellationToken, string? folder = null, params string[] more)
    {
        var (port, adminPort) = (FreePort.Next(), FreePort.Next());
        var own = folder ?? Directory.CreateTempSubdirectory("nexus-gateway-").FullName;
        var log = new LogKeeper();
        var app = GatewayHost.Build(
            [
                "--environment=Production",
                "--Gateway:Name=test",
                $"--Gateway:Urls=http://127.0.0.1:{port}",
                $"--Gateway:AdminUrl=http://127.0.0.1:{adminPort}",
                $"--Gateway:StateDirectory={own}",
                "--Gateway:Address=127.0.0.1",
                "--Gateway:StopNotice=00:00:00",
                $"--Consul:Address={consul}",
                "--Consul:WatchWait=00:00:10",
                .. more,
            ],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Logging.AddProvider(log);
                configure(builder.Services);
            });
        await app.StartAsync(cancellationToken);
        return new GatewayUnderTest(app, log, own, folder is null, port, adminPort);
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public async Task<string> GetAsync(string path, CancellationToken cancellationToken) =>
        await Client.GetStringAsync(new Uri(path, UriKind.Relative), cancellationToken);

    /// <summary>Waits until the routing in force is as wanted.</summary>
    public async Task<RoutingSnapshot> WaitForAsync(
        Func<RoutingSnapshot, bool> wanted, string what, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        while (true)
        {
            var now = Routing.Current;
            if (wanted(now))
            {
                return now;
            }

            try
            {
                await Routing.WaitForChangeAsync(now, limit.Token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"Within {Limit}: {what} did not happen; routing is {now.Revision} of spec {now.SpecRevision}: "
                    + string.Join("; ", now.Pools.Select(p => $"{p.Name} {p.Trust} {string.Join(' ', p.Destinations)}"))
                    + string.Join("\n", Log.Select(entry => entry.Text)), e);
            }
        }
    }

    public Task<RoutingSnapshot> WaitForPoolAsync(string pool, int inRotation, CancellationToken cancellationToken) => WaitForAsync(
        s => s.Find(new PoolName(pool))?.InRotation.Count() == inRotation, $"{inRotation} of {pool} in rotation", cancellationToken);

    /// <summary>Ends it as SIGTERM would.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private sealed class LogKeeper : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(EventId, string)> _entries = new();

        public IReadOnlyCollection<(EventId Id, string Text)> Entries => [.. _entries];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _entries.Enqueue((eventId, $"{logLevel}: {formatter(state, exception)} {exception?.Message}"));

        public void Dispose()
        {
        }
    }
}
