using Nexus.Core.Ids;

namespace Nexus.Gateway.Routing;

/// <summary>
/// News about destinations that arrive faster than Consul tells them. They are only ever speed: Consul stays the truth, and
/// what is said here ends with the catalog's next word on the allocation, or with the back-off.
/// </summary>
internal interface IRoutingUpdates
{
    /// <summary>Sends no new requests to an allocation whose node says that it is gone; false if it is not known here.</summary>
    bool Eject(AllocationId allocation);
}
