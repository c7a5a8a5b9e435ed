using System.Reflection;
using Aspire.Hosting;
using Microsoft.Extensions.Hosting;

namespace Nexus.Hosting.Testing;

/// <summary>
/// Present while a test runs an AppHost's entry point: the builder that the entry point makes is handed to the test, and its
/// Build ends the entry point instead.
/// </summary>
internal sealed class TestingSession(
    Assembly appHostAssembly, Action<DistributedApplicationOptions, HostApplicationBuilderSettings>? configure = null)
{
    private static readonly AsyncLocal<TestingSession?> Ambient = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TestingSession? Current => Ambient.Value;

    public Assembly AppHostAssembly => appHostAssembly;

    /// <summary>What sets a test's application apart from all others; the command line overrides it.</summary>
    public Dictionary<string, string?> Configuration { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DcpPublisher:RandomizePorts"] = "true",
        ["Hosting:Instance"] = Guid.NewGuid().ToString("n"),
        ["Hosting:StateDirectory"] = Path.Combine(Path.GetTempPath(), $"nexus-test-{Guid.NewGuid():n}"),
    };

    /// <summary>Lets the test have its say on the builder that is about to be made.</summary>
    public void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        // Where the test's own logging goes, what the resources write goes too: a failure then comes with it.
        options.EnableResourceLogging = true;
        configure?.Invoke(options, settings);
    }

    /// <summary>Runs the entry point until its Build.</summary>
    public Task<DistributedApplicationBuilder> RunEntryPointAsync(string[] args, CancellationToken cancellationToken)
    {
        var entryPoint = appHostAssembly.EntryPoint ?? throw new InvalidOperationException(
            $"{appHostAssembly.GetName().Name} has no entry point: name a type of the AppHost's assembly, such as its class in Projects.");
        var thread = new Thread(() => Run(entryPoint, args)) { IsBackground = true, Name = "AppHost entry point" };
        thread.Start();
        return _builder.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Makes a builder for a test that has no entry point to run.</summary>
    public DistributedApplicationBuilder CreateBuilder(string[] args)
    {
        Ambient.Value = this;
        try
        {
            return new DistributedApplicationBuilder(new DistributedApplicationOptions { Args = args });
        }
        finally
        {
            Ambient.Value = null;
        }
    }

    /// <summary>Ends the entry point when the test has not got its builder yet.</summary>
    public void InterceptBuild(DistributedApplicationBuilder builder)
    {
        if (_builder.TrySetResult(builder))
        {
            throw new HostAbortedException("A test has taken over the application.");
        }
    }

    private void Run(MethodInfo entryPoint, string[] args)
    {
        Ambient.Value = this;
        try
        {
            var exitCode = entryPoint.Invoke(null, entryPoint.GetParameters().Length == 0 ? [] : [args]);
            _builder.TrySetException(new InvalidOperationException(
                $"The entry point of {appHostAssembly.GetName().Name} ended{(exitCode is int code ? $" with {code}" : "")} "
                + "without building an application."));
        }
        catch (Exception exception)
        {
            // After the builder was handed over this is our own HostAbortedException, and nobody waits for it.
            _builder.TrySetException(exception is TargetInvocationException { InnerException: { } inner } ? inner : exception);
        }
    }
}
