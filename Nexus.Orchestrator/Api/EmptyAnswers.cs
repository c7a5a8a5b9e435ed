using Microsoft.AspNetCore.Diagnostics;

namespace Nexus.Orchestrator.Api;

/// <summary>Says what is wrong where no endpoint was reached, so that every error is a problem document.</summary>
internal static class EmptyAnswers
{
    /// <summary>Fills errors that have no body.</summary>
    public static void UseProblemsForEmptyAnswers(this IApplicationBuilder app) => app.UseStatusCodePages(FillAsync);

    private static Task FillAsync(StatusCodeContext page)
    {
        var context = page.HttpContext;
        var (method, path) = (context.Request.Method, context.Request.Path);
        var problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problems.Of(404, $"There is nothing at {path}.", "The API's paths are in /openapi/v1.json."),
            StatusCodes.Status405MethodNotAllowed => Problems.Of(
                405, $"{method} is not possible at {path}.", $"Allowed: {string.Join(", ", context.Response.Headers.Allow.ToArray())}."),
            StatusCodes.Status415UnsupportedMediaType => Problems.Of(
                415, "The body's type is not taken here.", $"Found: {Found(context.Request.ContentType)}. Allowed: application/json."),
            var other => Results.Problem(statusCode: other),
        };
        return problem.ExecuteAsync(context);
    }

    private static string Found(string? type) => string.IsNullOrEmpty(type) ? "no Content-Type" : $"Content-Type {type}";
}
