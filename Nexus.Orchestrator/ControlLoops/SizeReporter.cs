using System.Collections.Immutable;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Writes an event when a record becomes too large to be written, and another when it can be written again; each once.</summary>
internal sealed class SizeReporter(EventWriter events)
{
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    public void Report(ImmutableArray<OversizedRecord> oversized)
    {
        foreach (var record in oversized.Where(record => _reported.Add(record.Key)))
        {
            events.Write("RecordTooLarge", EventSeverity.Error, $"{record.Describe()}.");
        }

        foreach (var key in _reported.Except(oversized.Select(record => record.Key), StringComparer.Ordinal).ToList())
        {
            _reported.Remove(key);
            events.Write("RecordFits", EventSeverity.Info, $"{key} is small enough to be written again.");
        }
    }
}
