using System.Globalization;
using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Configuration;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>The limits of one route; null leaves it to the gateway.</summary>
/// <param name="HeadTimeout">How long the head of an answer may take.</param>
/// <param name="MaxBodyBytes">Largest request body.</param>
/// <param name="BodyTimeout">How long a client may pause within a request body.</param>
internal sealed record RouteLimits(TimeSpan? HeadTimeout, long? MaxBodyBytes, TimeSpan? BodyTimeout)
{
    private const string TimeoutKey = "timeout";
    private const string MaxBodyKey = "max_body";
    private const string BodyTimeoutKey = "body_timeout";

    private static readonly ConditionalWeakTable<RouteConfig, RouteLimits> Known = [];

    /// <summary>Reads them from what <see cref="AddTo"/> wrote, once per route.</summary>
    public static RouteLimits Of(RouteConfig route) => Known.GetValue(route, static config => Read(config.Metadata));

    /// <summary>Keeps them in the metadata of a route of YARP.</summary>
    public static void AddTo(Dictionary<string, string> metadata, Route route)
    {
        Add(TimeoutKey, route.Timeout?.ToString("c", CultureInfo.InvariantCulture));
        Add(MaxBodyKey, route.MaxBodyBytes?.ToString(CultureInfo.InvariantCulture));
        Add(BodyTimeoutKey, route.BodyTimeout?.ToString("c", CultureInfo.InvariantCulture));

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                metadata.Add(key, value);
            }
        }
    }

    private static RouteLimits Read(IReadOnlyDictionary<string, string>? metadata)
    {
        var known = metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
        return new(
            Time(known.GetValueOrDefault(TimeoutKey)),
            known.GetValueOrDefault(MaxBodyKey) is { } most ? long.Parse(most, CultureInfo.InvariantCulture) : null,
            Time(known.GetValueOrDefault(BodyTimeoutKey)));
    }

    private static TimeSpan? Time(string? text) => text is null ? null : TimeSpan.ParseExact(text, "c", CultureInfo.InvariantCulture);
}
