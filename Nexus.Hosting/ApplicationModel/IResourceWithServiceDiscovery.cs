using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A resource that others can look up by its name.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
