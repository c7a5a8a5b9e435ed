using Nexus.Core.Spec;

namespace Nexus.Gateway.Live;

/// <summary>How often one replica was ejected for its error rate lately. One writer at a time.</summary>
internal sealed class OutlierHistory
{
    private int _consecutive;
    private long? _readmittedAt;

    /// <summary>Whether its last ejection for its error rate ended not long ago.</summary>
    public bool IsOnProbation(OutlierDetectionSpec spec, TimeProvider time) =>
        _readmittedAt is { } at && time.GetElapsedTime(at) < spec.MaxEjectionTime;

    /// <summary>Counts one more ejection; how many in a row there are now.</summary>
    public int Ejected(OutlierDetectionSpec spec, TimeProvider time) =>
        _consecutive = _readmittedAt is null || IsOnProbation(spec, time) ? _consecutive + 1 : 1;

    public void Readmitted(TimeProvider time) => _readmittedAt = time.GetTimestamp();
}
