using Microsoft.Extensions.Time.Testing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.ServiceDefaults.Tests;

public sealed class WorkBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_burst_is_worked_off_without_a_rest() => Assert.Equal(TimeSpan.Zero, Work(new WorkBudget(_time), milliseconds: 50, times: 10));

    [Fact]
    public void What_goes_on_rests_for_as_long_as_it_works()
    {
        var budget = new WorkBudget(_time);
        Work(budget, milliseconds: 50, times: 40);

        Assert.Equal(TimeSpan.FromMilliseconds(50), Work(budget, milliseconds: 50, times: 1));
    }

    [Fact]
    public void A_quiet_while_earns_the_next_burst()
    {
        var budget = new WorkBudget(_time);
        Work(budget, milliseconds: 50, times: 40);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.Zero, Work(budget, milliseconds: 50, times: 10));
    }

    [Fact]
    public void One_long_pass_rests_for_half_a_second_at_most() =>
        Assert.Equal(TimeSpan.FromMilliseconds(500), Work(new WorkBudget(_time), milliseconds: 9000, times: 1));

    private TimeSpan Work(WorkBudget budget, int milliseconds, int times)
    {
        var rest = TimeSpan.Zero;
        for (var i = 0; i < times; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            rest = budget.RestAfter(TimeSpan.FromMilliseconds(milliseconds));
        }

        return rest;
    }
}
