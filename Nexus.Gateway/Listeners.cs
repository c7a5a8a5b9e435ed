using System.Net;
using System.Text;
using Microsoft.AspNetCore.HttpOverrides;
using Nexus.Gateway.Forwarding;
using IPNetwork = System.Net.IPNetwork;

namespace Nexus.Gateway;

/// <summary>Where the gateway listens and how far it trusts whoever connects.</summary>
internal static class Listeners
{
    private const string DefaultUrl = "http://*:8080";

    public static void AddListeners(this WebApplicationBuilder builder, GatewayOptions options)
    {
        // Kestrel ignores plain URLs as soon as its own configuration names endpoints, so the admin one joins those.
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            builder.Configuration["Kestrel:Endpoints:NexusAdmin:Url"] = options.AdminUrl.ToString();
        }
        else
        {
            builder.WebHost.UseUrls($"{TrafficUrls(builder.Configuration, options)};{options.AdminUrl}");
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = ConnectionEncoding.Select; // Headers are bytes: what came is what goes.
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodySize;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = options.InlineScheduling);
    }

    /// <summary>Port of the first traffic address, for the catalog.</summary>
    public static int TrafficPort(IConfiguration configuration, GatewayOptions options) => Bindings(configuration, options)[0].Port;

    /// <summary>Where traffic comes in, for the catalog; <c>*</c> stands for every address of this machine.</summary>
    public static IEnumerable<string> TrafficAddresses(IConfiguration configuration, GatewayOptions options) =>
        Bindings(configuration, options).Select(b => $"{b.Scheme}://{(b.Host is "+" or "0.0.0.0" or "[::]" ? "*" : b.Host)}:{b.Port}");

    public static void AddTrustedProxies(this IServiceCollection services, GatewayOptions options) =>
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.All & ~ForwardedHeaders.XForwardedPrefix;
            forwarded.ForwardLimit = null; // As far back as the proxies are trusted.
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in options.TrustedProxies)
            {
                if (IPNetwork.TryParse(proxy, out var network))
                {
                    forwarded.KnownIPNetworks.Add(network);
                }
                else if (IPAddress.TryParse(proxy, out var address))
                {
                    forwarded.KnownProxies.Add(address);
                }
            }
        });

    private static BindingAddress[] Bindings(IConfiguration configuration, GatewayOptions options)
    {
        string[] endpoints =
        [
            .. configuration.GetSection("Kestrel:Endpoints").GetChildren()
                .Where(e => e.Key != "NexusAdmin").Select(e => e["Url"]).OfType<string>(),
        ];
        var urls = endpoints.Length > 0 ? endpoints : TrafficUrls(configuration, options).Split(';', StringSplitOptions.RemoveEmptyEntries);
        return [.. urls.Select(url => BindingAddress.Parse(url.Trim()))];
    }

    private static string TrafficUrls(IConfiguration configuration, GatewayOptions options) =>
        options.Urls ?? configuration[WebHostDefaults.ServerUrlsKey] ?? DefaultUrl;
}
