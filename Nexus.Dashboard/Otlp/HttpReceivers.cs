using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nexus.Dashboard.Otlp.Wire;

namespace Nexus.Dashboard.Otlp;

/// <summary>OTLP over HTTP with protobuf bodies, compressed or not.</summary>
internal static class HttpReceivers
{
    private const string Protobuf = "application/x-protobuf";

    public static void MapHttpReceivers(this IEndpointRouteBuilder endpoints)
    {
        Map<TraceIntake, ExportTraceServiceRequest>(
            endpoints, "/v1/traces", ExportTraceServiceRequest.Parser, static (intake, request) => intake.Take(request));
        Map<LogIntake, ExportLogsServiceRequest>(
            endpoints, "/v1/logs", ExportLogsServiceRequest.Parser, static (intake, request) => intake.Take(request));
        Map<MetricIntake, ExportMetricsServiceRequest>(
            endpoints, "/v1/metrics", ExportMetricsServiceRequest.Parser, static (intake, request) => intake.Take(request));
    }

    private static void Map<TIntake, TRequest>(
        IEndpointRouteBuilder endpoints, string path, MessageParser<TRequest> parser, Func<TIntake, TRequest, IMessage> take)
        where TIntake : class
        where TRequest : IMessage<TRequest> =>
        endpoints.MapPost(path, (RequestDelegate)(context => TakeAsync(context, parser, take))).AllowAnonymous();

    private static async Task TakeAsync<TIntake, TRequest>(
        HttpContext context, MessageParser<TRequest> parser, Func<TIntake, TRequest, IMessage> take)
        where TIntake : class
        where TRequest : IMessage<TRequest>
    {
        if (context.Request.ContentType?.Split(';')[0].Trim() is not Protobuf)
        {
            await RefuseAsync(
                context, StatusCodes.Status415UnsupportedMediaType,
                $"The content type is '{context.Request.ContentType}'; {Protobuf} is taken. Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf.");
            return;
        }

        try
        {
            // A stream of its own: protobuf reads synchronously, and the body has its limit from the server.
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var intake = (TIntake)context.RequestServices.GetService(typeof(TIntake))!;
            var response = take(intake, parser.ParseFrom(body.GetBuffer().AsSpan(0, (int)body.Length)));
            context.Response.ContentType = Protobuf;
            await context.Response.Body.WriteAsync(response.ToByteArray(), context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidDataException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"The body is no {typeof(TRequest).Name}: {exception.Message}");
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }
}
