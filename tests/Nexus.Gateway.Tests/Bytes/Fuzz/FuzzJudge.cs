using Nexus.Core.Routing;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>What must hold of a case, whatever its bytes.</summary>
internal static class FuzzJudge
{
    // What the gateway must have repaired or refused before it passes a message on.
    private static readonly string[] NeverPassedOn =
    [
        "a control character in a field", "a bare CR", "a folded line", "a line that ends with LF alone", "white space before the colon",
        "Transfer-Encoding beside Content-Length or in HTTP/1.0", "Content-Length more than once", "an empty line before the request",
        "a Host that is not that of the target", "more than a space between words of the request line", "an odd chunk extension", "white space around a chunk's size",
    ];

    // And what it may pass on of a response.
    private static readonly string[] MayPassOn = ["a status code outside 100 to 599", "larger than a recipient must take"];

    public static List<string> Judge(
        FuzzCase @case, (WireMessage Got, FuzzStep? Step)[] requests, List<WireMessage> answers, List<EjectionReason> ejections)
    {
        var wrong = new List<string>();
        JudgeRequests(requests, wrong);
        JudgeBlame(@case, ejections, wrong);
        for (var i = 0; i < answers.Count && answers[i].HasHead; i++)
        {
            JudgeAnswer(@case.Steps[i], answers[i], wrong);
        }

        JudgeMissing(@case, answers, wrong);
        return wrong;
    }

    private static void JudgeRequests((WireMessage Got, FuzzStep? Step)[] requests, List<string> wrong)
    {
        foreach (var (got, step) in requests)
        {
            if (step is null)
            {
                wrong.Add($"a replica got a request that nobody sent: {got}");
                continue;
            }

            var sent = step.Request;
            if (sent.Verdict == Verdict.Invalid && got.Verdict != Verdict.Incomplete)
            {
                wrong.Add($"an invalid request was forwarded: {got}");
            }
            else if (got.Verdict == Verdict.Invalid || got.Reasons.Any(reason => NeverPassedOn.Contains(reason) || !sent.Reasons.Contains(reason)))
            {
                wrong.Add($"the request came out as {got}");
            }
            else if (!step.IsRouted)
            {
                wrong.Add($"a request for another host was forwarded: {got}");
            }
            else if (sent.Verdict != Verdict.Incomplete)
            {
                JudgeRequest(step, got, wrong);
            }
        }

        foreach (var step in requests.Select(r => r.Step).OfType<FuzzStep>().Distinct())
        {
            if (step.Asked > 1 && step.Response.Verdict == Verdict.Valid)
            {
                wrong.Add($"asked {step.Asked} times: {step.Request.StartLine}");
            }
        }
    }

    private static void JudgeRequest(FuzzStep step, WireMessage got, List<string> wrong)
    {
        // A request that may be refused may be so within its body.
        var isCutShort = step.IsEarly || !step.IsValid;
        if (got.Verdict == Verdict.Incomplete ? !isCutShort : !got.Body.AsSpan().SequenceEqual(step.Request.Body))
        {
            wrong.Add($"the request came out as {got}");
        }

        if (step.Request.Verdict == Verdict.Valid)
        {
            FuzzFields.CompareRequest(step.Request, got, wrong);
        }
    }

    // Only who broke off has failed for certain; one that sends nonsense may have been made to by the request.
    private static void JudgeBlame(FuzzCase @case, List<EjectionReason> ejections, List<string> wrong)
    {
        if (ejections.Count > 0 && @case.Steps.TrueForAll(step => step.Asked == 0 || !step.BreaksOff))
        {
            wrong.Add($"ejected for {ejections[0]}");
        }
    }

    private static void JudgeAnswer(FuzzStep step, WireMessage answer, List<string> wrong)
    {
        var (sent, response) = (step.Request, step.Response);
        if (answer.Verdict == Verdict.Invalid || answer.Reasons.Any(reason => !MayPassOn.Contains(reason)))
        {
            wrong.Add($"the gateway sent an invalid response: {answer}");
        }
        else if (sent.StartLine.EndsWith("HTTP/1.0", StringComparison.Ordinal) && answer["Transfer-Encoding"] is not null)
        {
            wrong.Add($"Transfer-Encoding to an HTTP/1.0 client (RFC 9112 §6.1): {answer}");
        }
        else if (sent.Verdict == Verdict.Invalid || !step.IsRouted)
        {
            var isRefused = answer.Status is >= 400 and < 500 or 501 or 505 || (sent.Target == "*" && answer.Status == 204);
            if (answer.HasHead && !isRefused && !step.IsEarly)
            {
                wrong.Add($"a request that must be refused was answered with {answer}");
            }
        }
        else if (answer.Status is >= 502 and <= 504 && answer.Status != response.Status && response.Verdict == Verdict.Valid)
        {
            wrong.Add($"a replica was blamed that did nothing wrong: {answer}");
        }
        else if (step.IsValid)
        {
            FuzzFields.CompareResponse(step, answer, wrong);
        }
        else if (sent.Verdict == Verdict.Valid)
        {
            JudgeFault(response, answer, wrong);
        }
    }

    private static void JudgeFault(WireMessage response, WireMessage answer, List<string> wrong)
    {
        var isBlamed = answer.Status == 502
            && (answer.Text.Contains("sent an invalid response: ", StringComparison.Ordinal)
                || answer.Text.Contains("broke off the connection", StringComparison.Ordinal)
                || answer.Text.Contains("exceed the limit of this gateway", StringComparison.Ordinal)
                || answer.Text.Length == 0); // To HEAD.
        // What a 205 must not have (RFC 9110 §15.3.6) is not read.
        var isFine = isBlamed || (response is { HasHead: true, Status: 205 } && answer is { Status: 205, Body: [] }) || (response.Verdict == Verdict.Tolerable ? answer.Status == response.Status : answer.Verdict == Verdict.Incomplete);
        if (!isFine)
        {
            wrong.Add($"a faulty response came out as {answer}");
        }
    }

    /// <summary>A valid request has its answer, unless one before it ended the connection.</summary>
    private static void JudgeMissing(FuzzCase @case, List<WireMessage> answers, List<string> wrong)
    {
        for (var i = 0; i < @case.Steps.Count; i++)
        {
            var step = @case.Steps[i];
            if (step.Request.Verdict != Verdict.Valid)
            {
                return;
            }

            if (i >= answers.Count || (answers[i].Verdict == Verdict.Incomplete && step.Response.Verdict == Verdict.Valid))
            {
                wrong.Add($"request {i} has no answer");
                return;
            }

            if (answers[i].IsLast || answers[i].Verdict == Verdict.Incomplete || answers[i].Status == 101)
            {
                return;
            }
        }
    }
}
