using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Nexus.Orchestrator.Observability;

namespace Nexus.Orchestrator.Tests;

/// <summary>Durations of the passes made while it lives, of all managers in this process.</summary>
internal sealed class PassMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<double> _seconds = [];

    public PassMeter()
    {
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            if (ReferenceEquals(instrument, OrchestratorTelemetry.ReconcileDuration))
            {
                _seconds.Enqueue(value);
            }
        });
        _listener.EnableMeasurementEvents(OrchestratorTelemetry.ReconcileDuration);
        _listener.Start();
    }

    public int Count => _seconds.Count;

    public void Dispose() => _listener.Dispose();

    public override string ToString() => string.Join(" ", _seconds.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s * 1000:0.0} ms")));
}
