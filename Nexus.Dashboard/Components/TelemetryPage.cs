using Microsoft.AspNetCore.Components;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Components;

/// <summary>A page of telemetry whose filters stand in its address, so that a link leads to what its giver sees.</summary>
public abstract class TelemetryPage : LiveComponent
{
    private long _version = -1;

    /// <summary>The process asked for, by instance or service; empty for all.</summary>
    [SupplyParameterFromQuery(Name = "resource")]
    internal string? Resource { get; set; }

    /// <summary>The text asked for.</summary>
    [SupplyParameterFromQuery(Name = "text")]
    internal string? Text { get; set; }

    [Inject]
    internal TelemetryStore Store { get; set; } = null!;

    [Inject]
    internal NavigationManager Navigation { get; set; } = null!;

    /// <summary>The process asked for; null for all.</summary>
    internal TelemetrySource? Source => Store.Sources.All.FirstOrDefault(s => NameOf(s) == Resource)
        ?? Store.Sources.All.FirstOrDefault(s => s.Service == Resource);

    /// <summary>What there is to choose from.</summary>
    internal IReadOnlyList<(string Value, string Text)> Sources => [("", "all resources"), .. Store.Sources.All.Select(s => (NameOf(s), s.Name))];

    /// <summary>Reads what is shown.</summary>
    protected abstract void Load();

    /// <inheritdoc />
    protected override void OnParametersSet() => Load();

    /// <inheritdoc />
    protected override bool Refresh()
    {
        if (Store.Version == _version)
        {
            return false;
        }

        _version = Store.Version;
        Load();
        return true;
    }

    /// <summary>Changes a filter.</summary>
    protected void Filter(string name, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);

    internal static string NameOf(TelemetrySource source) => source.Instance.Length > 0 ? source.Instance : source.Service;
}
