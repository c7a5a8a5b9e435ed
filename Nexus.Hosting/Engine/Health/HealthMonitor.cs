using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.Hosting.Engine.Health;

/// <summary>Keeps the health reports of one running copy up to date: quickly until it is healthy, then at leisure.</summary>
internal sealed class HealthMonitor(ResourceNotificationService notifications, TimeProvider time)
{
    private static readonly Func<HealthReportSnapshot, object> Told = report => (report.Status, report.Description);
    private static readonly TimeSpan UntilHealthy = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan OnceHealthy = TimeSpan.FromSeconds(3);

    public async Task RunAsync(ResourceInstance instance, IReadOnlyList<InstanceHealthCheck> checks, CancellationToken cancellationToken)
    {
        ImmutableArray<HealthReportSnapshot> last = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            ImmutableArray<HealthReportSnapshot> reports =
                [.. await Task.WhenAll(checks.Select(check => check.RunAsync(cancellationToken)))];
            if (last.IsEmpty || !reports.Select(Told).SequenceEqual(last.Select(Told)))
            {
                await notifications.PublishUpdateAsync(instance.Resource, instance.Id, s => s with { HealthReports = reports });
                last = reports;
            }

            var healthy = reports.All(report => report.Status == HealthStatus.Healthy);
            await Task.Delay(healthy ? OnceHealthy : UntilHealthy, time, cancellationToken);
        }
    }
}
