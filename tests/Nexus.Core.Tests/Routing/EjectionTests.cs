using Nexus.Core.Routing;

namespace Nexus.Core.Tests.Routing;

public sealed class EjectionTests
{
    [Theory]
    [InlineData("Trusted 0", EjectionEvent.Failed, "Ejected 1")]
    [InlineData("Trusted 0", EjectionEvent.Succeeded, "Trusted 0")]
    [InlineData("Trusted 0", EjectionEvent.DelayPassed, "Trusted 0")]
    [InlineData("Trusted 0", EjectionEvent.Announced, "Trusted 0")]
    [InlineData("Ejected 3", EjectionEvent.Failed, "Ejected 3")]
    [InlineData("Ejected 3", EjectionEvent.Succeeded, "Trusted 0")]
    [InlineData("Ejected 3", EjectionEvent.DelayPassed, "Probation 3")]
    [InlineData("Ejected 3", EjectionEvent.Announced, "Trusted 0")]
    [InlineData("Probation 3", EjectionEvent.Failed, "Ejected 4")]
    [InlineData("Probation 3", EjectionEvent.Succeeded, "Trusted 0")]
    [InlineData("Probation 3", EjectionEvent.DelayPassed, "Probation 3")]
    [InlineData("Probation 3", EjectionEvent.Announced, "Trusted 0")]
    public void After_covers_every_phase_and_event(string before, EjectionEvent @event, string expected)
    {
        var (phase, failures) = before.Split(' ') is [var p, var f] ? (Enum.Parse<EjectionPhase>(p), int.Parse(f)) : default;
        var after = new Ejection(phase, failures).After(@event);
        Assert.Equal(expected, $"{after.Phase} {after.Failures}");
    }

    [Fact]
    public void Delay_doubles_from_one_second_to_a_minute() => Assert.Equal(
        [0, 1, 2, 4, 8, 16, 32, 60, 60],
        Enumerable.Range(0, 8).Append(1000).Select(n => new Ejection(EjectionPhase.Ejected, n).Delay.TotalSeconds));

    [Theory]
    [InlineData("nothing was sent", AttemptOutcome.NotConnected, "POST", true, true)]
    [InlineData("a safe method changes nothing", AttemptOutcome.NoAnswer, "GET", false, true)]
    [InlineData("a safe method changes nothing", AttemptOutcome.NoAnswer, "HEAD", false, true)]
    [InlineData("a safe method changes nothing", AttemptOutcome.NoAnswer, "OPTIONS", false, true)]
    [InlineData("its body is used up", AttemptOutcome.NoAnswer, "GET", true, false)]
    [InlineData("the replica may have acted", AttemptOutcome.NoAnswer, "POST", false, false)]
    [InlineData("the replica may have acted", AttemptOutcome.NoAnswer, "DELETE", false, false)]
    [InlineData("part of the answer is sent", AttemptOutcome.AnswerBroken, "GET", false, false)]
    [InlineData("another may be quicker", AttemptOutcome.TimedOut, "GET", false, true)]
    [InlineData("the replica may still act", AttemptOutcome.TimedOut, "POST", false, false)]
    [InlineData("its destination is over", AttemptOutcome.BrokenOff, "GET", false, true)]
    [InlineData("the replica may have acted", AttemptOutcome.BrokenOff, "POST", false, false)]
    [InlineData("another may send valid HTTP", AttemptOutcome.InvalidAnswer, "GET", false, true)]
    [InlineData("the replica may have acted", AttemptOutcome.InvalidAnswer, "POST", false, false)]
    [InlineData("it would be refused again", AttemptOutcome.Refused, "GET", false, false)]
    [InlineData("nobody waits", AttemptOutcome.ClientGone, "GET", false, false)]
    [InlineData("it is answered", AttemptOutcome.Answered, "GET", false, false)]
    public void MayRetry_only_what_is_safe(string because, AttemptOutcome outcome, string method, bool hasBody, bool expected) =>
        Assert.True(expected == RetryRules.MayRetry(outcome, method, hasBody ? RequestBody.Streamed : RequestBody.None, repeatsIdempotent: false), because);

    [Theory]
    [InlineData("kept and idempotent", AttemptOutcome.NoAnswer, "PUT", RequestBody.Kept, true)]
    [InlineData("kept and idempotent", AttemptOutcome.TimedOut, "DELETE", RequestBody.None, true)]
    [InlineData("kept and safe", AttemptOutcome.NoAnswer, "GET", RequestBody.Kept, true)]
    [InlineData("used up", AttemptOutcome.NoAnswer, "PUT", RequestBody.Streamed, false)]
    [InlineData("not idempotent", AttemptOutcome.NoAnswer, "POST", RequestBody.Kept, false)]
    [InlineData("nothing was sent", AttemptOutcome.NotConnected, "POST", RequestBody.Kept, true)]
    public void MayRetry_repeats_what_is_idempotent_where_the_spec_buffers(
        string because, AttemptOutcome outcome, string method, RequestBody body, bool expected) =>
        Assert.True(expected == RetryRules.MayRetry(outcome, method, body, repeatsIdempotent: true), because);

    [Theory]
    [InlineData(AttemptOutcome.Answered, null)]
    [InlineData(AttemptOutcome.NotConnected, EjectionReason.ConnectFailed)]
    [InlineData(AttemptOutcome.NoAnswer, EjectionReason.ConnectionLost)]
    [InlineData(AttemptOutcome.AnswerBroken, EjectionReason.ConnectionLost)]
    [InlineData(AttemptOutcome.TimedOut, null)]
    [InlineData(AttemptOutcome.ClientGone, null)]
    public void Ejects_for_what_the_replica_did(AttemptOutcome outcome, EjectionReason? expected) =>
        Assert.Equal(expected, RetryRules.Ejects(outcome));
}
