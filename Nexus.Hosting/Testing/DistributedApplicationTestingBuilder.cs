using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexus.Hosting.Testing;

namespace Aspire.Hosting.Testing;

/// <summary>The declaration of an AppHost, in the hands of a test. Disposing it disposes the application it built.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Ends the declaration.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// Runs an AppHost's entry point for a test. The application gets free ports in place of fixed ones, a state folder and an
/// owner of its own, so that tests may run side by side.
/// </summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the entry point up to its Build.</summary>
    /// <typeparam name="TEntryPoint">A type of the AppHost's assembly, such as its class in Projects.</typeparam>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>Runs the entry point up to its Build.</summary>
    /// <typeparam name="TEntryPoint">A type of the AppHost's assembly, such as its class in Projects.</typeparam>
    /// <param name="args">The AppHost's command line.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => await CreateAsync(new TestingSession(typeof(TEntryPoint).Assembly), args, cancellationToken);

    /// <summary>Runs the entry point up to its Build.</summary>
    /// <typeparam name="TEntryPoint">A type of the AppHost's assembly, such as its class in Projects.</typeparam>
    /// <param name="args">The AppHost's command line.</param>
    /// <param name="configureBuilder">Changes the options that the AppHost's builder is made with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken = default) =>
        await CreateAsync(new TestingSession(typeof(TEntryPoint).Assembly, configureBuilder), args, cancellationToken);

    /// <summary>Begins a declaration in the test itself.</summary>
    /// <param name="args">The command line; it becomes configuration.</param>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) =>
        new TestingBuilder(new TestingSession(Assembly.GetCallingAssembly()).CreateBuilder(args));

    private static async Task<IDistributedApplicationTestingBuilder> CreateAsync(
        TestingSession session, string[] args, CancellationToken cancellationToken) =>
        new TestingBuilder(await session.RunEntryPointAsync(args, cancellationToken));

    private sealed class TestingBuilder(DistributedApplicationBuilder builder) : IDistributedApplicationTestingBuilder
    {
        private DistributedApplication? _application;

        public ConfigurationManager Configuration => builder.Configuration;

        public string AppHostDirectory => builder.AppHostDirectory;

        public Assembly? AppHostAssembly => builder.AppHostAssembly;

        public IHostEnvironment Environment => builder.Environment;

        public IServiceCollection Services => builder.Services;

        public IDistributedApplicationEventing Eventing => builder.Eventing;

        public DistributedApplicationExecutionContext ExecutionContext => builder.ExecutionContext;

        public IResourceCollection Resources => builder.Resources;

        public IDistributedApplicationPipeline Pipeline => builder.Pipeline;

        public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => builder.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => builder.CreateResourceBuilder(resource);

        public DistributedApplication Build() => _application ??= builder.BuildCore();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Task.FromResult(Build());

        public ValueTask DisposeAsync() => _application?.DisposeAsync() ?? ValueTask.CompletedTask;

        public void Dispose() => _application?.Dispose();
    }
}
