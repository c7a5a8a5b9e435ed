using System.Globalization;
using System.Net;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace Nexus.Hosting.Engine;

/// <summary>Reads settings of the engine's own, and says of a wrong one what is allowed.</summary>
internal static class SettingReader
{
    /// <summary>Yes or no.</summary>
    /// <exception cref="DistributedApplicationException">It is neither true nor false.</exception>
    public static bool Switch(IConfiguration configuration, string key, bool usual) => configuration[key] switch
    {
        null or "" => usual,
        var text when bool.TryParse(text, out var value) => value,
        var text => throw Refusal(key, text, "are true and false"),
    };

    /// <summary>Null where none is given; 0 stands for any.</summary>
    /// <exception cref="DistributedApplicationException">It is no port.</exception>
    public static int? Port(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort => port,
        var text => throw Refusal(key, text, $"is a whole number from 0 to {IPEndPoint.MaxPort}"),
    };

    private static DistributedApplicationException Refusal(string key, string found, string allowed) =>
        new($"--{key}: found '{found}'; allowed {allowed}.");
}
