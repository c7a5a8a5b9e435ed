using System.Collections.Immutable;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Writes an event when a record becomes unreadable or is found missing, and another when it is well again; each once.</summary>
internal sealed class RecordReporter(EventWriter events)
{
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    public void Report(ImmutableArray<RecordProblem> problems)
    {
        foreach (var problem in problems.Where(p => _told.GetValueOrDefault(p.Key) != p.Reason))
        {
            _told[problem.Key] = problem.Reason;
            events.Write(
                "RecordUnreadable", EventSeverity.Error, $"{problem.Key} cannot be read: {problem.Reason}. Nothing is changed for it. Repair: {problem.Repair}.");
        }

        foreach (var key in _told.Keys.Except(problems.Select(p => p.Key), StringComparer.Ordinal).ToList())
        {
            _told.Remove(key);
            events.Write("RecordReadable", EventSeverity.Info, $"{key} can be read again.");
        }
    }
}
