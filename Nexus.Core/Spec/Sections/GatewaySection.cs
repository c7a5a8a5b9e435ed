using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of <c>gateway</c>.</summary>
internal static class GatewaySection
{
    private const int MaxRoutes = 500;

    private static readonly TextValue Host = new(
        "a host such as example.org or *.example.org, without port, in ASCII (xn--… for others); leave it out for any host",
        @"(\*\.)?[A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?)*")
    {
        MaxLength = HostName.MaxLength,
        Objection = host => HostName.IsValid(host) ? null : $"a part between dots has at most {HostName.MaxLabel} characters",
    };

    private static readonly TextValue Path = new(
        "a path such as /api, from the slash on, without a slash at its end", @"/|(/[A-Za-z0-9._~!$&'()+,;=:@%\-]+)+")
    { Objection = UrlPath.Objection };

    private static readonly Section<RouteSpec> Route = new(new RouteSpec { Pool = new PoolName("") },
    [
        new SpecKey<RouteSpec, string>("host", Host, null, (r, v) => r with { Host = v.ToLowerInvariant() },
            "Host to match, in any case, *. allowed in front.") { DefaultNote = "any" },
        new SpecKey<RouteSpec, string>("path", Path, r => r.Path, (r, v) => r with { Path = v },
            "Path prefix to match, in whole segments; /shop and /SHOP are two paths."),
        new SpecKey<RouteSpec, string>("pool", PoolsValue.Name, null, (r, v) => r with { Pool = new PoolName(v) },
            "Pool that answers; it needs a port.") { IsRequired = true },
        new SpecKey<RouteSpec, bool>("strip_prefix", new BoolValue(), r => r.StripPrefix,
            (r, v) => r with { StripPrefix = v },
            "Whether the prefix is taken off before the replica sees the path."),
        new SpecKey<RouteSpec, TimeSpan>("timeout", DurationValue.OfSeconds(0.05, 86_400), null, (r, v) => r with { Timeout = v },
            "How long a replica may take to begin its answer; then another one is asked where that is safe.")
            { DefaultNote = "the gateway's activity timeout" },
        new SpecKey<RouteSpec, long>("max_body", new BodySizeValue(), null, (r, v) => r with { MaxBodyBytes = v },
            "Largest request body; a larger one is answered 413.")
            { DefaultNote = "the gateway's own limit, MaxRequestBodySize: none unless set" },
        new SpecKey<RouteSpec, TimeSpan>("body_timeout", DurationValue.OfSeconds(1, 86_400), null, (r, v) => r with { BodyTimeout = v },
            "How long a client may pause while it sends a request body; a longer pause is answered 408.")
            { DefaultNote = "the gateway's own limit, Limits:RequestBodyIdleTimeout: 1m unless set" },
    ]);

    private static readonly Section<RetrySpec> Retry = new(new RetrySpec(),
    [
        new SpecKey<RetrySpec, int>("attempts", new WholeValue(1, 10), r => r.Attempts, (r, v) => r with { Attempts = v },
            "Attempts at one request, the first included; 1 never retries."),
        new SpecKey<RetrySpec, int>("budget", new PercentValue(0, 100), r => r.BudgetPercent, (r, v) => r with { BudgetPercent = v },
            "Most retries at once, as a share of the requests under way."),
        new SpecKey<RetrySpec, long>("buffer", new BufferValue(), r => r.BufferBytes, (r, v) => r with { BufferBytes = v },
            "Largest request body kept so that it can be sent again; 0 keeps none."),
    ]);

    private static readonly Section<SecurityHeadersSpec> Headers = new(new SecurityHeadersSpec(),
    [
        new SpecKey<SecurityHeadersSpec, string>("content_security_policy",
            new TextValue("a policy on one line, or \"\" to send none", "[ -~]*") { MaxLength = 8192 },
            null, (h, v) => h with { ContentSecurityPolicy = v }, "Content-Security-Policy.") { DefaultNote = "a safe policy of the gateway" },
        new SpecKey<SecurityHeadersSpec, string>("frame_options", Words("DENY", "SAMEORIGIN", ""), null,
            (h, v) => h with { FrameOptions = v },
            "X-Frame-Options; \"\" sends none.") { DefaultNote = "a safe value of the gateway" },
        new SpecKey<SecurityHeadersSpec, string>("referrer_policy",
            Words("no-referrer", "no-referrer-when-downgrade", "origin",
            "origin-when-cross-origin", "same-origin", "strict-origin", "strict-origin-when-cross-origin", "unsafe-url", ""),
            null, (h, v) => h with { ReferrerPolicy = v }, "Referrer-Policy; \"\" sends none.") { DefaultNote = "a safe value of the gateway" },
        new SpecKey<SecurityHeadersSpec, TimeSpan>("hsts_max_age",
            new DurationValue(TimeSpan.Zero, TimeSpan.FromDays(3650)), null, (h, v) => h with { HstsMaxAge = v },
            "max-age of Strict-Transport-Security, sent over TLS only; 0s sends none.") { DefaultNote = "a safe value of the gateway" },
    ]);

    public static Section<GatewaySpec> Section { get; } = new(new GatewaySpec(),
    [
        new SpecKey<GatewaySpec, ImmutableArray<RouteSpec>>("routes",
            new ListValue<RouteSpec>(Route, "routes", MaxRoutes)
            { Identity = route => $"the route {RoutePattern.Of(route.Host, route.Path)}" }, null, (g, v) => g with { Routes = v },
            "Which requests go to which pool; [] routes nothing.")
            { DefaultNote = "/ goes to the only pool with a port, else to pool web" },
        new SpecKey<GatewaySpec, SecurityHeadersSpec>("headers", Headers, g => g.Headers,
            (g, v) => g with { Headers = v },
            "Response headers that differ from the safe defaults."),
        new SpecKey<GatewaySpec, RetrySpec>("retry", Retry, g => g.Retry, (g, v) => g with { Retry = v },
            "How another replica is asked when one fails."),
        new SpecKey<GatewaySpec, TimeSpan>("slow_start", DurationValue.OfSeconds(0, 600), g => g.SlowStart, (g, v) => g with { SlowStart = v },
            "Over how long a new replica's share of requests grows to its full size; 0s gives it at once."),
    ])
    {
        Planned = ["listeners", "tls", "rate_limits"],
    };

    private static ChoiceValue<string> Words(params string[] words) => new([.. words.Select(word => (word, word))]);
}
