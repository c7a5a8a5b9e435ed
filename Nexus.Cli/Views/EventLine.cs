using System.Globalization;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.State;
using Spectre.Console;

namespace Nexus.Cli.Views;

/// <summary>An event in one line, the same in a list and in a stream.</summary>
internal static class EventLine
{
    public static void Write(IAnsiConsole console, EventView happened, TimeZoneInfo zone)
    {
        var at = TimeZoneInfo.ConvertTime(happened.At, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var (severity, style) = happened.Severity switch
        {
            EventSeverity.Error => ("error", Palette.Bad),
            EventSeverity.Warning => ("warning", Palette.Changing),
            _ => ("info", Style.Plain),
        };
        var subject = happened.Allocation ?? happened.Pool ?? happened.Node ?? "cluster";
        console.Line(
            $"{at}  ", new Piece(severity.PadRight(7), style), $"  {happened.Kind,-20}  {subject,-16}  ",
            $"{ConsoleLines.Harmless(happened.Message)}  ({happened.Source})");
    }
}
