using MudBlazor;

namespace Nexus.Dashboard.Components.Layout;

/// <summary>Colours and type of the pages; dashboard.css takes them up as variables.</summary>
internal static class DashboardTheme
{
    // What the system has: no font is fetched from anywhere.
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#4f46e5",
            Secondary = "#0891b2",
            Success = "#15803d",
            Warning = "#b45309",
            Error = "#b91c1c",
            Info = "#2563eb",
            Background = "#f6f7f9",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#111827",
            TextPrimary = "#111827",
            TextSecondary = "#4b5563",
            LinesDefault = "#e5e7eb",
            TableLines = "#e5e7eb",
            Divider = "#e5e7eb",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8b93ff",
            Secondary = "#22d3ee",
            Success = "#4ade80",
            Warning = "#fbbf24",
            Error = "#f87171",
            Info = "#60a5fa",
            Background = "#0f1218",
            Surface = "#171b23",
            AppbarBackground = "#171b23",
            AppbarText = "#e5e7eb",
            TextPrimary = "#e5e7eb",
            TextSecondary = "#9ca3af",
            LinesDefault = "#272d38",
            TableLines = "#272d38",
            Divider = "#272d38",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.875rem" },
            Button = new ButtonTypography { TextTransform = "none", FontSize = "0.8125rem" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
    };
}
