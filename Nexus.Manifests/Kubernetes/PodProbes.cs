using k8s.Models;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Kubernetes;

/// <summary>The one check of a pool as the three probes of a pod.</summary>
internal static class PodProbes
{
    // Under Nexus a replica that starts is asked several times a second, whatever the interval later.
    public static V1Probe? Startup(PoolTemplate template) => Probe(template, probe =>
    {
        probe.PeriodSeconds = 1;
        probe.FailureThreshold = Math.Max(1, Seconds.Up(template.Health.StartupTimeout));
    });

    public static V1Probe? Readiness(PoolTemplate template) => Probe(template, probe =>
    {
        probe.PeriodSeconds = Period(template.Health);
        probe.FailureThreshold = template.Health.UnhealthyThreshold;
        probe.SuccessThreshold = template.Health.HealthyThreshold;
    });

    public static V1Probe? Liveness(PoolTemplate template) => Probe(template, probe =>
    {
        probe.PeriodSeconds = Period(template.Health);

        // A probe later than readiness: the kubelet has no brake, so let a replica leave the Service before it is killed.
        probe.FailureThreshold = template.Health.UnhealthyThreshold + 1;
    });

    private static V1Probe? Probe(PoolTemplate template, Action<V1Probe> times)
    {
        var health = template.Health;
        var probe = new V1Probe { TimeoutSeconds = Math.Max(1, Seconds.Up(health.Timeout)) };
        switch (health.Type)
        {
            case HealthCheckType.Http:
                probe.HttpGet = new V1HTTPGetAction { Path = health.Path, Port = Workload.PortName };
                break;
            case HealthCheckType.Tcp:
                probe.TcpSocket = new V1TCPSocketAction { Port = Workload.PortName };
                break;
            case HealthCheckType.Script:
                probe.Exec = new V1ExecAction { Command = [.. health.Command.Select(PodText.Literal)] };
                break;
            default:
                return null;
        }

        times(probe);
        return probe;
    }

    private static int Period(HealthSpec health) => Math.Max(1, Seconds.Up(health.Interval));
}
