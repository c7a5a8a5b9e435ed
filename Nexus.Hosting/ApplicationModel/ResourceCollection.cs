using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The resources of an application, in order of declaration.</summary>
public interface IResourceCollection : IList<IResource>;

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection;

/// <summary>The application as it was declared: what events and services look into.</summary>
/// <param name="resources">The declared resources.</param>
public class DistributedApplicationModel(IResourceCollection resources)
{
    /// <summary>The declared resources, in order of declaration.</summary>
    public IResourceCollection Resources { get; } = resources;
}
