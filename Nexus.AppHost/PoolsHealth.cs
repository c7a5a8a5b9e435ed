using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.AppHost;

/// <summary>Healthy when the manager shows every pool with all its replicas healthy: the cluster is up then, not before.</summary>
internal sealed class PoolsHealth(EndpointReference manager) : IHealthCheck
{
    private static readonly HttpClient Http = new();

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{manager.Url}/v1/pools"));
            request.Headers.Add("traceparent", Unrecorded());
            using var answer = await Http.SendAsync(request, cancellationToken);
            await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
            using var pools = await JsonDocument.ParseAsync(body, default, cancellationToken);
            var waiting = pools.RootElement.EnumerateArray()
                .Where(p => p.GetProperty("healthy").GetInt32() < p.GetProperty("desired").GetInt32())
                .Select(p => p.GetProperty("name").GetString()).ToList();
            return waiting.Count == 0 && pools.RootElement.GetArrayLength() > 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"waiting for {string.Join(", ", waiting)}");
        }
        catch (HttpRequestException e)
        {
            return HealthCheckResult.Unhealthy(e.HttpRequestError == HttpRequestError.ConnectionError ? e.Message : e.GetBaseException().Message);
        }
    }

    // A trace that is not recorded, in W3C's words: asked every few seconds, this would hide among the traces what people ask.
    private static string Unrecorded() => $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00";
}

/// <summary>Adds <see cref="PoolsHealth"/> to a resource.</summary>
internal static class PoolsHealthExtensions
{
    /// <summary>The resource counts as healthy when all pools serve.</summary>
    public static IResourceBuilder<T> WithPoolsHealthCheck<T>(this IResourceBuilder<T> builder, EndpointReference manager)
        where T : IResource
    {
        builder.ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration("pools", _ => new PoolsHealth(manager), HealthStatus.Unhealthy, tags: null));
        return builder.WithHealthCheck("pools");
    }
}
