using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Nexus.Dashboard.Components;

namespace Nexus.Dashboard.Access;

/// <summary>The token in the address becomes a cookie; whoever comes without finds a page that asks for it.</summary>
internal static class LoginEndpoints
{
    public const string Path = "/login";

    public static void MapLogin(this IEndpointRouteBuilder endpoints, DashboardOptions options)
    {
        var token = new Secret(options.BrowserToken);
        endpoints.MapGet(Path, async (HttpContext context, string? t, string? returnUrl) =>
            t is null ? Ask(options, returnUrl, wrong: false) : await EnterAsync(context, options, token.Is(t), returnUrl)).AllowAnonymous();

        // No antiforgery: the token is the proof, and a page of somebody else's does not know it.
        endpoints.MapPost(Path, async (HttpContext context) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return await EnterAsync(context, options, token.Is(form["token"].ToString().Trim()), form["returnUrl"]);
        }).AllowAnonymous().DisableAntiforgery();
    }

    private static async Task<IResult> EnterAsync(HttpContext context, DashboardOptions options, bool right, string? returnUrl)
    {
        if (!right)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Ask(options, returnUrl, wrong: true);
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "owner")], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(new ClaimsPrincipal(identity));
        return Results.LocalRedirect(IsLocal(returnUrl) ? returnUrl! : "/");
    }

    private static RazorComponentResult<LoginPage> Ask(DashboardOptions options, string? returnUrl, bool wrong) => new(
        new Dictionary<string, object?>
        {
            [nameof(LoginPage.ApplicationName)] = options.ApplicationName,
            [nameof(LoginPage.ReturnUrl)] = IsLocal(returnUrl) ? returnUrl : "/",
            [nameof(LoginPage.Wrong)] = wrong,
        });

    /// <summary>A path of ours, and nothing that a browser takes for another host.</summary>
    private static bool IsLocal(string? url) =>
        url is ['/', ..] && !url.StartsWith("//", StringComparison.Ordinal) && !url.Contains('\\', StringComparison.Ordinal)
        && !url.Any(char.IsControl);
}
