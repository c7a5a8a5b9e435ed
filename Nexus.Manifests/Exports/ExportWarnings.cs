using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Exports;

/// <summary>Gathers what one export cannot say. Owned by that export.</summary>
internal sealed class ExportWarnings(SpecPlaces places)
{
    private readonly List<SpecProblem> _warnings = [];

    /// <summary>Warns at the place of a key, or of the nearest one above it that is given.</summary>
    public void Add(string key, string message)
    {
        var place = places.Find(key);
        var warning = new SpecProblem(SpecSeverity.Warning, place?.Line ?? 0, place?.Column ?? 0, key, message);
        if (!_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }

    public ImmutableArray<SpecProblem> ToImmutable() => [.. _warnings.OrderBy(w => w.Line).ThenBy(w => w.Column)];
}
