using System.Diagnostics;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Observability;

/// <summary>
/// Lets the first pass of a leader over a newly applied spec go on with the trace in which that was applied, on to the nodes. Later
/// passes, as a rollout goes on, are traces of their own.
/// </summary>
internal sealed class SpecTrace
{
    // Of the spec that needs no following any more; null before the first look, which may find one that was applied long ago.
    private ulong? _known;

    /// <summary>The span to act in; null where there is no trace to go on with.</summary>
    public Activity? Follow(StoredSpec? spec)
    {
        if (_known is not { } known || spec is null || spec.PointerIndex == known
            || !ActivityContext.TryParse(spec.Traceparent, null, isRemote: true, out var apply))
        {
            return null;
        }

        var pass = Activity.Current?.Context;
        var activity = OrchestratorTelemetry.Source.StartActivity(
            "reconcile.spec", ActivityKind.Consumer, apply, links: pass is { } looking ? [new ActivityLink(looking)] : null);
        return activity?.SetTag("nexus.spec.revision", spec.Document.Revision);
    }

    /// <summary>A pass looked at it, and need not do so again.</summary>
    public void Looked(StoredSpec? spec) => _known = spec?.PointerIndex ?? 0;
}
