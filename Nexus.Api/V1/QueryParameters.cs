namespace Nexus.Api.V1;

/// <summary>Names of query parameters of the HTTP API, version 1.</summary>
public static class QueryParameters
{
    /// <summary>Of PUT <see cref="Routes.Spec"/>: <c>true</c> allows a document whose cluster name is not the cluster's.</summary>
    public const string RenameCluster = "rename_cluster";
}
