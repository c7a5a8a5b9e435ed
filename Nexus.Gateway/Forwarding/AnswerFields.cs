using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Nexus.Gateway.Forwarding;

/// <summary>Reads the head of a replica's response as strictly as a proxy must, and copies what is end-to-end.</summary>
internal static class AnswerFields
{
    private const int LongestLength = 18; // Digits that fit a 64-bit length.

    /// <summary>Throws for a response that must not be passed on.</summary>
    /// <exception cref="InvalidAnswerException">It names the rule that is broken.</exception>
    public static void Check(HttpResponseMessage answer)
    {
        if ((int)answer.StatusCode < 100)
        {
            throw new InvalidAnswerException($"status code {(int)answer.StatusCode:D3} is below 100");
        }

        if (answer.StatusCode == HttpStatusCode.SwitchingProtocols
            && answer.RequestMessage?.Headers.NonValidated.Contains(HeaderNames.Upgrade) != true)
        {
            throw new InvalidAnswerException("101 Switching Protocols to a request without Upgrade");
        }

        CheckValues(answer.Headers.NonValidated);
        CheckValues(answer.Content.Headers.NonValidated);
        if (answer.Version.Major == 1)
        {
            CheckFraming(answer);
        }
    }

    /// <summary>Whether a response of that status has a body at all (RFC 9110 §6.4.1); 205 is told that it has none.</summary>
    public static bool MayHaveBody(HttpStatusCode status) =>
        status is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified or < HttpStatusCode.OK);

    public static void Copy(HttpResponseMessage answer, HttpResponse response)
    {
        var connection = answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var values)
            ? HopByHop.Nominated(ToStringValues(values))
            : null;
        var hasLength = answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent or < HttpStatusCode.OK);
        Copy(answer.Headers.NonValidated, response.Headers, connection, hasLength);
        Copy(answer.Content.Headers.NonValidated, response.Headers, connection, hasLength);
        if (answer.StatusCode == HttpStatusCode.ResetContent)
        {
            response.ContentLength = 0;
        }

        if (response.HttpContext.Features.Get<IHttpResponseFeature>() is { ReasonPhrase: { } reason } feature && FieldText.HasControl(reason))
        {
            feature.ReasonPhrase = null;
        }
    }

    public static void CopyTrailers(HttpResponseMessage answer, IHeaderDictionary trailers)
    {
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            if (!HopByHop.IsHopByHop(name) && !values.Any(value => FieldText.HasControl(value)))
            {
                trailers[name] = ToStringValues(values);
            }
        }
    }

    private static void CheckValues(HttpHeadersNonValidated fields)
    {
        foreach (var (name, values) in fields)
        {
            foreach (var value in values)
            {
                if (FieldText.HasControl(value))
                {
                    throw new InvalidAnswerException($"header '{name}' has a control character");
                }
            }
        }
    }

    // RFC 9112 §6.3: where a response ends must not be a matter of opinion.
    private static void CheckFraming(HttpResponseMessage answer)
    {
        var hasLength = answer.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out var lengths);
        if (answer.StatusCode != HttpStatusCode.NoContent && hasLength && !IsLength(lengths))
        {
            throw new InvalidAnswerException("Content-Length is not one whole number");
        }

        if (answer.RequestMessage?.Method == HttpMethod.Head
            || answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified
            || !answer.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var codings))
        {
            return;
        }

        if (hasLength)
        {
            throw new InvalidAnswerException("Transfer-Encoding and Content-Length at once");
        }

        if (answer.Version.Minor == 0 || codings.Count != 1 || !codings.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidAnswerException("Transfer-Encoding other than chunked");
        }
    }

    private static bool IsLength(HeaderStringValues lengths) =>
        lengths.Count == 1 && lengths.ToString() is { Length: > 0 and <= LongestLength } text && text.All(char.IsAsciiDigit);

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to, List<string>? nominated, bool hasLength)
    {
        foreach (var (name, values) in from)
        {
            // A length that counts for nothing may be none at all, which the server would not take.
            var isLength = name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase);
            if (!HopByHop.IsHopByHop(name) && !HopByHop.Names(nominated, name) && (hasLength || !isLength))
            {
                to[name] = to.TryGetValue(name, out var before) ? StringValues.Concat(before, ToStringValues(values)) : ToStringValues(values);
            }
        }
    }

    private static StringValues ToStringValues(HeaderStringValues values) =>
        values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
}
