using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Nexus.Consul;

/// <summary>Registers <see cref="ConsulClient"/> with a service collection.</summary>
public static class ConsulServiceCollectionExtensions
{
    /// <summary>
    /// Adds one shared <see cref="ConsulClient"/> whose options are checked when the host starts.
    /// </summary>
    /// <param name="services">The collection to add to.</param>
    /// <param name="configuration">Either the root, read at <see cref="ConsulOptions.Section"/>, or that section itself.</param>
    public static IServiceCollection AddConsulClient(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);

        var section = configuration is IConfigurationSection { Key: ConsulOptions.Section } own
            ? own
            : configuration.GetSection(ConsulOptions.Section);
        services.AddOptionsWithValidateOnStart<ConsulOptions, ConsulOptionsValidator>().Bind(section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ConsulClient(
            provider.GetRequiredService<IOptions<ConsulOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
        return services;
    }
}
