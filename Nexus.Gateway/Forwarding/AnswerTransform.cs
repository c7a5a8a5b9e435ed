using System.Net;
using Nexus.Gateway.Draining;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Tells an attempt that the head of its answer arrived, before any of it reaches the client.</summary>
internal sealed class AnswerTransform(Leaving leaving, TimeProvider time) : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context) => context.AddResponseTransform(NoteAnswerAsync);

    private ValueTask NoteAnswerAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is { } answer && context.HttpContext.Features.Get<Attempt>() is { } attempt)
        {
            attempt.Answer(time.GetTimestamp());
            if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                attempt.Upgrade();
            }
            else if (leaving.IsLeaving && HttpProtocol.IsHttp11(context.HttpContext.Request.Protocol))
            {
                context.HttpContext.Response.Headers.Connection = "close";
            }
        }

        return ValueTask.CompletedTask;
    }
}
