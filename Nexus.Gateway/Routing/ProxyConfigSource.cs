using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;
using Nexus.Core.Routing;
using Yarp.ReverseProxy.Configuration;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>
/// Feeds the routes of snapshots to YARP and learns whether it took them.
/// </summary>
internal sealed class ProxyConfigSource : IProxyConfigProvider, IConfigChangeListener
{
    private volatile Config _current = new([], [], 0);

    public IProxyConfig GetConfig() => _current;

    /// <summary>Ends when the snapshot routes; null, or why YARP refuses it.</summary>
    public async Task<string?> UpdateAsync(RoutingSnapshot snapshot, ImmutableArray<Route> routes, CancellationToken cancellationToken)
    {
        var before = _current;
        var next = new Config(
            ProxyConfigTranslation.Routes(routes),
            ProxyConfigTranslation.Clusters(snapshot),
            snapshot.Revision);
        _current = next;
        before.SignalChange();
        return await next.Applied.Task.WaitAsync(cancellationToken);
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) =>
        _current.Applied.TrySetResult(exception.Message);

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception)
    {
        foreach (var config in proxyConfigs.OfType<Config>())
        {
            config.Applied.TrySetResult(exception is AggregateException all
                ? string.Join("; ", all.InnerExceptions.Select(e => e.Message))
                : exception.Message);
        }
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        foreach (var config in proxyConfigs.OfType<Config>())
        {
            config.Applied.TrySetResult(null);
        }
    }

    [SuppressMessage(
        "Design", "CA1001", Justification = "YARP listens for as long as it likes, and a source without a timer holds nothing.")]
    private sealed class Config : IProxyConfig
    {
        private readonly CancellationTokenSource _changed = new();

        public Config(ImmutableArray<RouteConfig> routes, ImmutableArray<ClusterConfig> clusters, long revision)
        {
            Routes = routes;
            Clusters = clusters;
            RevisionId = revision.ToString();
            ChangeToken = new CancellationChangeToken(_changed.Token);
        }

        public IReadOnlyList<RouteConfig> Routes { get; }

        public IReadOnlyList<ClusterConfig> Clusters { get; }

        public string RevisionId { get; }

        public IChangeToken ChangeToken { get; }

        public TaskCompletionSource<string?> Applied { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>YARP reloads within this call, and listens to the new one from then on even if it refused it.</summary>
        public void SignalChange() => _changed.Cancel();
    }
}
