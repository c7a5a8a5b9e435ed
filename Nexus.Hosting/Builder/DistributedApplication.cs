using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexus.Hosting.Engine;
using Nexus.Hosting.Engine.Publishing;

namespace Aspire.Hosting;

/// <summary>An application whose declaration has ended: it can be started and stopped, once.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private bool _disposed;

    internal DistributedApplication(IHost host) => _host = host;

    /// <inheritdoc />
    public IServiceProvider Services => _host.Services;

    /// <summary>The state of the resources, and waits for it.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>Starts and stops single resources.</summary>
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    /// <summary>Begins a declaration without a command line.</summary>
    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    /// <summary>Begins a declaration.</summary>
    /// <param name="args">The command line; it becomes configuration.</param>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) =>
        CreateBuilder(new DistributedApplicationOptions { Args = args });

    /// <summary>Begins a declaration.</summary>
    /// <param name="options">How the application is put together.</param>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        new DistributedApplicationBuilder(options);

    /// <summary>
    /// Starts the resources. Returns when each has been started, which for one that waits means that its dependencies
    /// were ready; a resource that cannot start is reported and does not fail this call.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    public virtual Task StartAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken);

    /// <summary>Stops the resources, those that depend on others first.</summary>
    /// <param name="cancellationToken">Stops waiting for them to end by themselves.</param>
    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    /// <summary>Runs until it is asked to stop, or publishes. A second Ctrl-C ends everything at once.</summary>
    /// <param name="cancellationToken">Asks it to stop.</param>
    public virtual Task RunAsync(CancellationToken cancellationToken = default) =>
        Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode
            ? PublishAsync(cancellationToken)
            : RunResourcesAsync(cancellationToken);

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        try
        {
            var folder = await PublishRun.ExecuteAsync(Services, Services.GetRequiredService<IDistributedApplicationPipeline>(), cancellationToken);
            Console.WriteLine($"Published to {folder}.");
        }
        catch (Exception exception) when (!Services.GetRequiredService<EngineSettings>().IsTest)
        {
            var expected = exception is DistributedApplicationException or IOException or UnauthorizedAccessException;
            await Console.Error.WriteLineAsync($"Nothing was published. {(expected ? exception.Message : exception)}");
            Environment.ExitCode = 1;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    private async Task RunResourcesAsync(CancellationToken cancellationToken)
    {
        var interrupts = 0;
        var impatience = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            if (Interlocked.Increment(ref interrupts) > 1)
            {
                signal.Cancel = true;
                impatience.TrySetResult();
            }
        });

        // The terminal was closed: nobody is there any more to press Ctrl-C.
        using var left = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        });
        var running = RunToItsEndAsync(cancellationToken);
        if (await Task.WhenAny(running, impatience.Task) != running)
        {
            await Services.GetRequiredService<ApplicationEngine>().KillAsync();
            Environment.Exit(130);
        }

        await running;
    }

    private async Task RunToItsEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _host.StartAsync(cancellationToken);
            await _host.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (Stopping())
        {
            // Asked to stop while it was starting: what has been started is stopped below.
            await _host.StopAsync(CancellationToken.None);
        }
        catch (DistributedApplicationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            await _host.StopAsync(CancellationToken.None);
            Environment.ExitCode = 1;
        }
        finally
        {
            await DisposeAsync();
        }

        bool Stopping() => cancellationToken.IsCancellationRequested
            || Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;
    }

    /// <summary>Runs until it is asked to stop.</summary>
    [SuppressMessage("Usage", "VSTHRD002", Justification = "The last line of a Main without async; there is no context to deadlock with.")]
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Services.GetRequiredService<ApplicationEngine>().ShutDownAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc />
    [SuppressMessage("Usage", "VSTHRD002", Justification = "IHost is disposable both ways; there is no context to deadlock with.")]
    [SuppressMessage("Design", "CA1816", Justification = "DisposeAsync does it.")]
    public virtual void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
