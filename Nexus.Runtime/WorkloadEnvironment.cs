using System.Globalization;
using Nexus.Core.Ids;

namespace Nexus.Runtime;

/// <summary>The variables that every workload finds besides those of its template.</summary>
internal static class WorkloadEnvironment
{
    public const string AllocationVariable = "NEXUS_ALLOCATION";

    /// <summary>The template's own variables are not among them; ours go over those.</summary>
    /// <param name="spec">The workload.</param>
    /// <param name="node">Its node.</param>
    /// <param name="port">The port it shall listen on; null when it serves none.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(WorkloadSpec spec, NodeName node, int? port)
    {
        if (port is { } number)
        {
            yield return new("PORT", number.ToString(CultureInfo.InvariantCulture));
        }

        yield return new(AllocationVariable, spec.Allocation.Value);
        yield return new("NEXUS_POOL", spec.Pool.Value);
        yield return new("NEXUS_NODE", node.Value);
        yield return new("NEXUS_REVISION", spec.Revision.Value);
        yield return new("NEXUS_ATTEMPT", spec.Attempt.ToString(CultureInfo.InvariantCulture));
    }
}
