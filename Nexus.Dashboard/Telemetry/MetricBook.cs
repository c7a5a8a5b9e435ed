namespace Nexus.Dashboard.Telemetry;

/// <summary>Keeps the newest points of every series of every instrument of every process.</summary>
internal sealed class MetricBook(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Service, string Instance), Dictionary<(string Meter, string Name), Instrument>> _sources = [];
    private int _series;

    /// <summary>Moves with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Series kept, sums among them.</summary>
    public int Series
    {
        get
        {
            lock (_gate)
            {
                return _series;
            }
        }
    }

    /// <summary>Takes what one report says of an instrument.</summary>
    public void Add(TelemetrySource source, InstrumentInfo info, IReadOnlyList<Measured> measured)
    {
        if (measured.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (!_sources.TryGetValue(source.Key, out var instruments))
            {
                _sources[source.Key] = instruments = [];
            }

            if (!instruments.TryGetValue(info.Key, out var instrument))
            {
                if (instruments.Count >= limits.InstrumentsPerSource)
                {
                    return;
                }

                instruments[info.Key] = instrument = new Instrument(info);
            }

            Add(instrument, measured);
            Version++;
        }
    }

    /// <summary>The instruments of a process, by name.</summary>
    public IReadOnlyList<InstrumentInfo> Instruments(TelemetrySource source)
    {
        lock (_gate)
        {
            return _sources.TryGetValue(source.Key, out var instruments)
                ? [.. instruments.Values.Select(i => i.Info).OrderBy(i => i.Meter, StringComparer.Ordinal).ThenBy(i => i.Name, StringComparer.Ordinal)]
                : [];
        }
    }

    /// <summary>An instrument with its points; null when nothing is known of it.</summary>
    public InstrumentView? Find(TelemetrySource source, string meter, string name)
    {
        lock (_gate)
        {
            if (!_sources.TryGetValue(source.Key, out var instruments) || !instruments.TryGetValue((meter, name), out var instrument))
            {
                return null;
            }

            // One series alone is its own sum.
            var series = instrument.Series.Values.Select(s => s.View()).OrderBy(s => s.Name, StringComparer.Ordinal);
            return new InstrumentView(
                instrument.Info,
                instrument.Sum is { } sum && instrument.Series.Count > 1 ? [sum.View(), .. series] : [.. series],
                instrument.Omitted);
        }
    }

    private void Add(Instrument instrument, IReadOnlyList<Measured> measured)
    {
        foreach (var one in measured)
        {
            var key = string.Join('\n', one.Tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}\t{t.Value}"));
            if (!instrument.Series.TryGetValue(key, out var series))
            {
                if (instrument.Series.Count >= limits.SeriesPerInstrument || _series >= limits.Series)
                {
                    instrument.Omitted++;
                    continue;
                }

                _series++;
                instrument.Series[key] = series = new KeptSeries(one.Tags, limits.PointsPerSeries, SeriesMath.Before(one, instrument.LastReport));
            }

            series.Add(one);
        }

        var now = measured.Max(m => m.Time);
        if (SeriesMath.Sum([.. measured.Select(m => m.Sample)]) is { } sum)
        {
            var all = new Measured([], now, sum, measured.Min(m => m.Start));
            if (instrument.Sum is null)
            {
                _series++;
                instrument.Sum = new KeptSeries([], limits.PointsPerSeries, SeriesMath.Before(all, instrument.LastReport));
            }

            instrument.Sum.Add(all);
        }

        instrument.LastReport = now;
    }

    private sealed class Instrument(InstrumentInfo info)
    {
        public InstrumentInfo Info => info;

        public Dictionary<string, KeptSeries> Series { get; } = new(StringComparer.Ordinal);

        public KeptSeries? Sum { get; set; }

        public int Omitted { get; set; }

        public DateTimeOffset? LastReport { get; set; }
    }

    private sealed class KeptSeries(IReadOnlyList<Tag> tags, int capacity, Measured? before)
    {
        private readonly Ring<MetricPoint> _points = new(capacity);
        private Measured? _last = before;

        public void Add(Measured now)
        {
            if (_last is { } last && now.Time <= last.Time)
            {
                return;
            }

            if (SeriesMath.PointOf(_last, now) is { } point)
            {
                _points.Add(point);
            }

            _last = now;
        }

        public SeriesView View() => new(tags, _points.ToArray());
    }
}
