using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;

namespace Nexus.ServiceDefaults.Systemd;

internal static class SystemdExtensions
{
    public static void AddSystemdIntegration(this IServiceCollection services)
    {
        services.AddSystemd();
        // AddSystemd registers the notifier only when systemd started the process; without a socket it does nothing.
        services.TryAddSingleton<ISystemdNotifier, SystemdNotifier>();
        if (WatchdogSettings.FromEnvironment(Environment.GetEnvironmentVariable, Environment.ProcessId) is { } settings)
        {
            services.AddSingleton(settings);
            services.AddHostedService<WatchdogService>();
        }
    }
}
