using Microsoft.Extensions.Logging;

namespace Nexus.ServiceDefaults.Tests;

internal static partial class TestLog
{
    [LoggerMessage(3999, LogLevel.Warning, "A note: {Text}")]
    public static partial void Note(this ILogger logger, string text);
}
