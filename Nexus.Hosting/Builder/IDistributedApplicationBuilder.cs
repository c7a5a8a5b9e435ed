using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Declares the resources of an application.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>Command line, environment, appsettings and, in Development, the user's secrets.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>The folder of the project that declares the application; relative paths start here.</summary>
    string AppHostDirectory { get; }

    /// <summary>The assembly that declares the application.</summary>
    Assembly? AppHostAssembly { get; }

    /// <summary>The environment's name and the content root.</summary>
    IHostEnvironment Environment { get; }

    /// <summary>The services of the application itself.</summary>
    IServiceCollection Services { get; }

    /// <summary>Lets the application's own code take part in its life.</summary>
    IDistributedApplicationEventing Eventing { get; }

    /// <summary>Why the application is being evaluated.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resources declared so far.</summary>
    IResourceCollection Resources { get; }

    /// <summary>The steps that publishing goes through.</summary>
    [Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
    IDistributedApplicationPipeline Pipeline { get; }

    /// <summary>Declares a resource; fails when the name is taken.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="resource">The resource.</param>
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    /// <summary>Says more about a resource that is declared elsewhere.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="resource">The resource.</param>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    /// <summary>Ends the declaration.</summary>
    DistributedApplication Build();
}
