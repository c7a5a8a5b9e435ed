using Microsoft.Net.Http.Headers;
using NetEscapades.AspNetCore.SecurityHeaders.Headers;
using NetEscapades.AspNetCore.SecurityHeaders.Infrastructure;
using Nexus.Core.Spec;

namespace Nexus.Gateway.Headers;

/// <summary>
/// The security headers in force: safe defaults where the spec says nothing. A replica that sets a header itself knows its own
/// pages best and wins; only <c>Server</c> is always taken off.
/// </summary>
internal sealed class SecurityHeaderPolicies
{
    public static readonly TimeSpan DefaultHstsMaxAge = TimeSpan.FromDays(365);

    private volatile HeaderPolicyCollection _current = Build(new SecurityHeadersSpec());

    public IReadOnlyHeaderPolicyCollection Current => _current;

    public void Use(SecurityHeadersSpec spec) => _current = Build(spec);

    private static HeaderPolicyCollection Build(SecurityHeadersSpec spec)
    {
        var policies = new HeaderPolicyCollection().RemoveServerHeader();
        policies.AddCustomHeader(HeaderNames.XContentTypeOptions, "nosniff");
        Add(policies, HeaderNames.XFrameOptions, spec.FrameOptions ?? "DENY");
        Add(policies, "Referrer-Policy", spec.ReferrerPolicy ?? "strict-origin-when-cross-origin");
        Add(
            policies,
            HeaderNames.ContentSecurityPolicy,
            spec.ContentSecurityPolicy ?? "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
        var maxAge = spec.HstsMaxAge ?? DefaultHstsMaxAge;
        if (maxAge > TimeSpan.Zero)
        {
            policies.AddStrictTransportSecurityMaxAge((int)Math.Min(maxAge.TotalSeconds, int.MaxValue)); // Over TLS only.
        }

        foreach (var (name, policy) in policies.ToList())
        {
            policies[name] = name == HeaderNames.Server ? policy : new UnlessSet(policy);
        }

        return policies;
    }

    private static void Add(HeaderPolicyCollection policies, string name, string value)
    {
        if (value.Length > 0)
        {
            policies.AddCustomHeader(name, value);
        }
    }

    /// <summary>Evaluated when the response starts, so the replica's headers are there already.</summary>
    private sealed class UnlessSet(IHeaderPolicy inner) : IHeaderPolicy
    {
        public string Header => inner.Header;

        public void Apply(HttpContext context, CustomHeadersResult result)
        {
            if (!context.Response.Headers.ContainsKey(inner.Header))
            {
                inner.Apply(context, result);
            }
        }
    }
}
