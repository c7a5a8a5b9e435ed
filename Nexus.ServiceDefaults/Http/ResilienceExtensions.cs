using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace Nexus.ServiceDefaults.Http;

/// <summary>The resilience of clients made by <see cref="IHttpClientFactory"/>.</summary>
public static class ResilienceExtensions
{
    /// <summary>
    /// Takes the default resilience off a client. For calls that are waits (blocking queries, event streams), whose length
    /// the attempt timeout of 10 s would cut, and for clients that retry by their own rules.
    /// Handlers that do not come from the factory, such as YARP's, never have it.
    /// </summary>
    public static IHttpClientBuilder WithoutDefaultResilience(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
#pragma warning disable EXTEXP0001 // Marked experimental since 8.0, and the only way to undo a default.
        return builder.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
    }

    /// <summary>Rate limit, total timeout 30 s, retry, circuit breaker, attempt timeout 10 s. Only safe methods are
    /// repeated: a POST that timed out may have been done.</summary>
    internal static IHttpClientBuilder AddDefaultResilience(this IHttpClientBuilder builder)
    {
        builder.AddStandardResilienceHandler(options => options.Retry.DisableForUnsafeHttpMethods());
        return builder;
    }
}
