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
    [InlineData("it would take as long again", AttemptOutcome.TimedOut, "GET", false, false)]
    [InlineData("nobody waits", AttemptOutcome.ClientGone, "GET", false, false)]
    [InlineData("it is answered", AttemptOutcome.Answered, "GET", false, false)]
    public void MayRetry_only_what_is_safe(string because, AttemptOutcome outcome, string method, bool hasBody, bool expected) =>
        Assert.True(expected == RetryRules.MayRetry(outcome, method, hasBody), because);

    [Theory]
    [InlineData(AttemptOutcome.Answered, null)]
    [InlineData(AttemptOutcome.NotConnected, EjectionReason.ConnectFailed)]
    [InlineData(AttemptOutcome.NoAnswer, EjectionReason.ConnectionLost)]
    [InlineData(AttemptOutcome.AnswerBroken, EjectionReason.ConnectionLost)]
    [InlineData(AttemptOutcome.TimedOut, null)]
    [InlineData(AttemptOutcome.ClientGone, null)]
    public void Ejects_for_what_the_replica_did(AttemptOutcome outcome, EjectionReason? expected) =>
        Assert.Equal(expected, RetryRules.Ejects(outcome));

    [Fact]
    public void Choose_takes_the_least_busy_and_equals_in_turn()
    {
        string[] all = ["a", "b", "c"];
        var busy = new Dictionary<string, int>(StringComparer.Ordinal) { ["a"] = 1, ["b"] = 0, ["c"] = 0 };
        string Pick(uint turn, string? tried = null) => LeastRequests.Choose(all, d => busy[d], turn, tried) ?? "-";
        Assert.Equal(["b", "b", "c", "b"], [Pick(0), Pick(1), Pick(2), Pick(uint.MaxValue)]);
        Assert.Equal("c", Pick(1, tried: "b"));
        Assert.Null(LeastRequests.Choose(["a"], d => busy[d], 7, "a"));
        Assert.Null(LeastRequests.Choose([], (string d) => busy[d], 7, null));
    }
}
