using Nexus.Dashboard.Resources;
using Outlined = MudBlazor.Icons.Material.Outlined;

namespace Nexus.Dashboard.Components;

/// <summary>Commands name Fluent icons, as Aspire has it; these are their likes among those that we draw.</summary>
internal static class CommandIcons
{
    private static readonly Dictionary<string, string> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Play"] = Outlined.PlayArrow,
        ["Stop"] = Outlined.Stop,
        ["Pause"] = Outlined.Pause,
        ["ArrowCounterclockwise"] = Outlined.RestartAlt,
        ["ArrowClockwise"] = Outlined.Refresh,
        ["ArrowSync"] = Outlined.Sync,
        ["ArrowReset"] = Outlined.SettingsBackupRestore,
        ["ArrowUpload"] = Outlined.Upload,
        ["ArrowDownload"] = Outlined.Download,
        ["Delete"] = Outlined.Delete,
        ["Broom"] = Outlined.CleaningServices,
        ["Database"] = Outlined.Storage,
        ["Document"] = Outlined.Description,
        ["Globe"] = Outlined.Public,
        ["Key"] = Outlined.Key,
        ["Mail"] = Outlined.Mail,
        ["Send"] = Outlined.Send,
        ["Settings"] = Outlined.Settings,
        ["Warning"] = Outlined.Warning,
        ["Wrench"] = Outlined.Build,
    };

    /// <summary>The picture of a command; a bolt where nothing is known.</summary>
    public static string Of(ResourceCommand command) => ByName.GetValueOrDefault(command.Icon ?? "", Outlined.Bolt);
}
