using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Limits;
using Nexus.Gateway.Listening;
using IPNetwork = System.Net.IPNetwork;

namespace Nexus.Gateway;

/// <summary>Where the gateway listens and how far it trusts whoever connects.</summary>
internal static class Listeners
{
    private const string DefaultUrl = "http://*:8080";
    private const string Endpoints = "Kestrel:Endpoints";
    private const string Admin = "NexusAdmin";

    public static void AddListeners(this WebApplicationBuilder builder, GatewayOptions options)
    {
        // Kestrel ignores plain URLs as soon as an endpoint is named in its configuration or in code, so all are named.
        var bindings = Bindings(builder.Configuration, options);
        if (!builder.Configuration.GetSection(Endpoints).GetChildren().Any())
        {
            foreach (var (index, binding) in bindings.Index())
            {
                builder.Configuration[$"{Endpoints}:Nexus{index}:Url"] = binding.ToString();
            }
        }

        builder.Configuration[$"{Endpoints}:{Admin}:Url"] = options.AdminUrl.ToString();
        var handover = new HandoverTransport();
        builder.Services.AddSingleton<IConnectionListenerFactory>(handover);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var tlsPorts = bindings.Where(binding => binding.Scheme == Uri.UriSchemeHttps).Select(binding => binding.Port).ToHashSet();
            var http2 = new CleartextHttp2(handover, kestrel, tlsPorts, TimeProvider.System);
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (endpoint.EndPoint is not HandoverEndPoint)
                {
                    endpoint.Use(http2.Before);
                }
            });
            kestrel.Listen(new HandoverEndPoint(), endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = ConnectionEncoding.Select; // Headers are bytes: what came is what goes.
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            options.Limits.Apply(kestrel.Limits);
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodySize;
            var connections = Math.Min(options.MaxConnections, OpenFiles.ForClients());
            kestrel.Limits.MaxConcurrentConnections = connections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = connections;
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
            .. configuration.GetSection(Endpoints).GetChildren()
                .Where(e => e.Key != Admin).Select(e => e["Url"]).OfType<string>(),
        ];
        var urls = endpoints.Length > 0 ? endpoints : TrafficUrls(configuration, options).Split(';', StringSplitOptions.RemoveEmptyEntries);
        return [.. urls.Select(url => BindingAddress.Parse(url.Trim()))];
    }

    private static string TrafficUrls(IConfiguration configuration, GatewayOptions options) =>
        options.Urls ?? configuration[WebHostDefaults.ServerUrlsKey] ?? DefaultUrl;
}
