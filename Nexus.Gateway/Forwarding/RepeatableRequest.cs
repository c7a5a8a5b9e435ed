using Microsoft.AspNetCore.Http.Features;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>A request and what it takes to make it once more.</summary>
internal readonly struct RepeatableRequest
{
    private readonly HttpContext _context;
    private readonly RequestBody _body;
    private readonly bool _repeatsIdempotent;

    public RepeatableRequest(HttpContext context, RetrySpec retry)
    {
        _context = context;
        _repeatsIdempotent = retry.BufferBytes > 0;
        _body = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true ? RequestBody.Streamed : RequestBody.None;
        if (_body == RequestBody.Streamed && context.Request.ContentLength is { } length && length <= retry.BufferBytes)
        {
            // The threshold is the limit: what is kept is kept in memory.
            context.Request.EnableBuffering((int)Math.Min(retry.BufferBytes, int.MaxValue), retry.BufferBytes);
            _body = RequestBody.Kept;
        }
    }

    /// <summary>Whether it may be broken off for the sake of another destination.</summary>
    public bool MayBreakOff => RetryRules.MayRetry(AttemptOutcome.BrokenOff, _context.Request.Method, _body, _repeatsIdempotent);

    public bool MayRepeat(AttemptOutcome outcome) =>
        !_context.Response.HasStarted
        && !_context.RequestAborted.IsCancellationRequested
        && RetryRules.MayRetry(outcome, _context.Request.Method, _body, _repeatsIdempotent);

    /// <summary>Takes back what the failed attempt left in the response, and begins the body anew.</summary>
    public void Rewind()
    {
        _context.Response.Clear();
        _context.Features.Set<IForwarderErrorFeature>(null);
        _context.Features.Set<Upload>(null);
        if (_body == RequestBody.Kept)
        {
            _context.Request.Body.Position = 0;
        }
    }
}
