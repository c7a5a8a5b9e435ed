namespace Nexus.Api.V1;

/// <summary>Where the API is asked, and how that address came to be used, so that an error can say both.</summary>
/// <param name="Address">Base address of a manager, http or https.</param>
/// <param name="Source">Where it was found, to stand in brackets: <c>from NEXUS_ADDRESS</c>, <c>the default</c>.</param>
public sealed record ApiEndpoint(Uri Address, string Source)
{
    /// <summary>Where a manager listens unless told otherwise.</summary>
    public const string DefaultAddress = "http://127.0.0.1:8420";

    /// <summary>The address as a person would type it.</summary>
    public string Display => Address.AbsoluteUri.TrimEnd('/');
}
