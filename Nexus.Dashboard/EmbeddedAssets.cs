using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Nexus.Dashboard;

/// <summary>
/// Style sheets and scripts out of the assembly itself. A build's manifests of static files name folders of the machine that
/// built it, and only a web project's own program reads them; the host here is neither.
/// </summary>
internal static class EmbeddedAssets
{
    private static readonly Assembly Own = typeof(EmbeddedAssets).Assembly;

    // By what the pages ask for.
    private static readonly Dictionary<string, string> Paths = new(StringComparer.Ordinal)
    {
        ["/_framework/blazor.web.js"] = "blazor.web.js",
        ["/_content/MudBlazor/MudBlazor.min.css"] = "MudBlazor.min.css",
        ["/_content/MudBlazor/MudBlazor.min.js"] = "MudBlazor.min.js",
        ["/dashboard.css"] = "dashboard.css",
        ["/dashboard.js"] = "dashboard.js",
        ["/favicon.svg"] = "favicon.svg",
    };

    /// <summary>Tells one build's files from the next one's, so that browsers keep them as long as they are the same.</summary>
    private static readonly EntityTagHeaderValue Tag = new($"\"{Own.ManifestModule.ModuleVersionId:n}\"");

    public static void MapEmbeddedAssets(this IEndpointRouteBuilder endpoints)
    {
        foreach (var (path, name) in Paths)
        {
            endpoints.MapGet(path, (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "no-cache";
                var stream = Own.GetManifestResourceStream($"assets/{name}")
                    ?? throw new InvalidOperationException($"The assembly {Own.GetName().Name} was built without its asset '{name}'.");
                return Results.Stream(stream, TypeOf(name), entityTag: Tag);
            }).AllowAnonymous();
        }
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
}
