using System.Collections.Frozen;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Who may be asked: the destinations in rotation without the ejected ones; all in rotation when every one is ejected, since
/// the last is never ejected. Evaluated when routing or an ejection changes, not per request.
/// </summary>
internal sealed class RotationPolicy(EjectionBook ejections) : IAvailableDestinationsPolicy
{
    public const string PolicyName = "nexus";

    private const string RotationKey = "rotation";
    private const string LifeKey = "life";

    public string Name => PolicyName;

    /// <summary>What of a destination YARP does not carry itself.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(Destination destination) =>
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [RotationKey] = destination.Rotation.ToString(),
            [LifeKey] = LifeOf(destination),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Tells one container or process of an allocation from the next.</summary>
    public static string LifeOf(Destination destination) => $"{destination.Attempt}@{destination.Address}";

    /// <inheritdoc cref="LifeOf(Destination)"/>
    public static string LifeOf(DestinationModel destination) => destination.Config.Metadata?.GetValueOrDefault(LifeKey) ?? "";

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(
        ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        List<DestinationState> inRotation =
            [.. allDestinations.Where(IsInRotation).OrderBy(d => d.DestinationId, StringComparer.Ordinal)];
        if (ejections.IsEmpty)
        {
            return inRotation;
        }

        var trusted = inRotation.FindAll(d => !ejections.IsEjected(d.DestinationId));
        return trusted.Count > 0 ? trusted : inRotation;
    }

    private static bool IsInRotation(DestinationState destination) =>
        destination.Model.Config.Metadata?.GetValueOrDefault(RotationKey) == nameof(Rotation.In);
}
