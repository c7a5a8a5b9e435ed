namespace Nexus.Gateway.Headers;

internal static class SecurityHeaderExtensions
{
    /// <summary>Has every response get what <see cref="SecurityHeaderPolicies"/> holds at that moment.</summary>
    public static void AddSecurityHeaders(this IServiceCollection services) =>
        services.AddSecurityHeaderPolicies((policies, provider) =>
        {
            var ours = provider.GetRequiredService<SecurityHeaderPolicies>();
            policies.SetDefaultPolicy(new HeaderPolicyCollection()).SetPolicySelector(_ => ours.Current);
        });
}
