using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Nexus.Api.V1;

namespace Nexus.Orchestrator.Api;

/// <summary>What the OpenAPI document says beyond what the endpoints' own signatures do.</summary>
internal static class ApiDescription
{
    public static void Configure(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "Nexus API";
        document.Info.Description = "What every manager of a Nexus cluster serves. Within version 1, fields and enum values are added, never renamed or removed.";
        return Task.CompletedTask;
    });

    /// <summary>Describes an optional header.</summary>
    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder endpoint, string name, string meaning) =>
        endpoint.WithParameter(name, ParameterLocation.Header, JsonSchemaType.String, meaning);

    /// <summary>Describes an optional parameter of the query.</summary>
    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder endpoint, string name, JsonSchemaType type, string meaning) =>
        endpoint.WithParameter(name, ParameterLocation.Query, type, meaning);

    /// <summary>
    /// Describes the answer to <c>Accept: text/event-stream</c>, with the schema of what each event's data is; another answer must use it too.
    /// </summary>
    public static RouteHandlerBuilder WithEventStream<T>(this RouteHandlerBuilder endpoint, string meaning) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            var item = new OpenApiSchemaReference(typeof(T).Name, context.Document);
            var stream = new OpenApiSchema { Description = meaning, AllOf = [item] };
            operation.Responses?["200"].Content?.Add(ApiHeaders.EventStream, new OpenApiMediaType { Schema = stream });
            return Task.CompletedTask;
        });

    private static RouteHandlerBuilder WithParameter(
        this RouteHandlerBuilder endpoint, string name, ParameterLocation place, JsonSchemaType type, string meaning) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = place,
                Description = meaning,
                Schema = new OpenApiSchema { Type = type },
            });
            return Task.CompletedTask;
        });
}
