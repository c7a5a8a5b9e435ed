using CsCheck;
using Nexus.Core.Restart;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Restart;

public sealed class RestartBackoffTests
{
    private static readonly RestartSpec Spec = new();

    [Theory]
    [InlineData(0, 0.25, "nobody misses what never served")]
    [InlineData(1, 10, "then the initial delay")]
    [InlineData(2, 20, "doubling")]
    [InlineData(3, 40, "doubling")]
    [InlineData(6, 300, "320 s is past the longest delay")]
    [InlineData(5000, 300, "no number of failures overflows")]
    public void AfterFailure_grows_the_delay(int failures, double seconds, string because)
    {
        var decision = RestartBackoff.AfterFailure(Spec, failures, healthyFor: null, chance: 0);

        Assert.True(decision.Delay == TimeSpan.FromSeconds(seconds), because);
        Assert.Equal(failures + 1, decision.Failures);
    }

    [Fact]
    public void The_first_restart_of_what_served_is_immediate() =>
        Assert.Equal(
            new RestartDecision(1, TimeSpan.Zero), RestartBackoff.AfterFailure(Spec, 0, healthyFor: TimeSpan.Zero, chance: 0));

    [Theory]
    [InlineData(599, 4, "not yet long enough")]
    [InlineData(600, 1, "healthy for as long as it takes")]
    public void AfterFailure_begins_anew_after_health(int healthySeconds, int failures, string because)
    {
        var decision = RestartBackoff.AfterFailure(Spec, 3, TimeSpan.FromSeconds(healthySeconds), chance: 0);

        Assert.True(decision.Failures == failures, because);
        Assert.Equal(failures == 1, decision.Delay == TimeSpan.Zero);
    }

    [Fact]
    public void AfterPullFailure_never_tries_at_once() =>
        Assert.Equal(new RestartDecision(1, TimeSpan.FromSeconds(10)), RestartBackoff.AfterPullFailure(Spec, 0, chance: 0));

    [Fact]
    public void The_longest_delay_of_the_spec_holds_for_what_never_served() =>
        Assert.Equal(
            new RestartDecision(1, TimeSpan.Zero),
            RestartBackoff.AfterFailure(Spec with { InitialDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero }, 0, healthyFor: null, chance: 0));

    [Fact]
    public void Chance_only_shortens_and_only_a_little() =>
        Gen.Select(Gen.Int[1, 100], Gen.Double[0, 0.999]).Sample((failures, chance) =>
        {
            var full = RestartBackoff.AfterFailure(Spec, failures, null, 0).Delay;
            var spread = RestartBackoff.AfterFailure(Spec, failures, null, chance).Delay;
            return spread <= full && spread >= full * (1 - RestartBackoff.Jitter) && spread <= Spec.MaxDelay;
        });
}
