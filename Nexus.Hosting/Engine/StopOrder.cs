using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine;

/// <summary>Who has to be gone before a resource is stopped.</summary>
internal static class StopOrder
{
    /// <summary>
    /// For each resource those that wait for it, refer to it or are part of it. A circle of references is cut where it
    /// closes, so that following the answer always ends.
    /// </summary>
    public static IReadOnlyDictionary<IResource, IReadOnlyList<IResource>> Compute(IReadOnlyList<IResource> resources)
    {
        var dependents = resources.ToDictionary(r => r, _ => new List<IResource>());
        foreach (var resource in resources)
        {
            foreach (var dependency in Dependencies(resource).Where(dependents.ContainsKey))
            {
                if (!Reaches(dependents, resource, dependency))
                {
                    dependents[dependency].Add(resource);
                }
            }
        }

        return dependents.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<IResource>)pair.Value);
    }

    private static IEnumerable<IResource> Dependencies(IResource resource) => resource.Annotations
        .OfType<ResourceRelationshipAnnotation>()
        .OrderBy(relation => relation.Type == KnownRelationshipTypes.WaitFor ? 0 : 1)
        .Select(relation => relation.Resource)
        .Distinct();

    private static bool Reaches(Dictionary<IResource, List<IResource>> dependents, IResource from, IResource to) =>
        from == to || dependents[from].Exists(next => Reaches(dependents, next, to));
}
