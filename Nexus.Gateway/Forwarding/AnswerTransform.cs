using System.Net;
using Nexus.Gateway.Draining;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Tells an attempt that the head of its answer arrived, before any of it reaches the client, and copies that head.</summary>
internal sealed class AnswerTransform(Leaving leaving, TimeProvider time) : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        // YARP would copy first, and fail within on what must not be copied.
        context.CopyResponseHeaders = false;
        context.CopyResponseTrailers = false;
        context.AddResponseTransform(TakeAnswerAsync);
        context.AddResponseTrailersTransform(TakeTrailersAsync);
    }

    private ValueTask TakeAnswerAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } answer || context.HttpContext.Features.Get<Attempt>() is not { } attempt)
        {
            return ValueTask.CompletedTask;
        }

        attempt.Answer(time.GetTimestamp());
        AnswerFields.Check(answer);
        AnswerFields.Copy(answer, context.HttpContext.Response);
        context.SuppressResponseBody = answer.StatusCode == HttpStatusCode.ResetContent;
        var isEarly = context.HttpContext.Features.Get<Upload>() is { IsStopped: true };
        if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            attempt.Upgrade();
        }
        else if ((isEarly || leaving.IsLeaving) && HttpProtocol.IsHttp11(context.HttpContext.Request.Protocol))
        {
            context.HttpContext.Response.Headers.Connection = "close";
        }

        return ValueTask.CompletedTask;
    }

    private static ValueTask TakeTrailersAsync(ResponseTrailersTransformContext context)
    {
        if (context.ProxyResponse is { } answer
            && context.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseTrailersFeature>()?.Trailers is { } trailers)
        {
            AnswerFields.CopyTrailers(answer, trailers);
        }

        return ValueTask.CompletedTask;
    }
}
