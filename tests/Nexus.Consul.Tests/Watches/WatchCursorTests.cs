namespace Nexus.Consul.Tests.Watches;

public sealed class WatchCursorTests
{
    [Theory]
    [InlineData("5", "5!", "the first answer is always news")]
    [InlineData("5 5", "5! 5", "the same index is no news")]
    [InlineData("5 6", "5! 6!", "a higher index is news")]
    [InlineData("9 4", "9! 0!", "a lower index is news, and the next read does not wait")]
    [InlineData("9 4 4", "9! 0! 4", "the plain read after a reset shows nothing twice")]
    [InlineData("9 4 6", "9! 0! 6!", "unless there was a change meanwhile")]
    [InlineData("9 4 3", "9! 0! 3!", "a plain read is never followed by another for its index alone")]
    [InlineData("0", "1!", "0 would not wait")]
    [InlineData("0 0", "1! 1", "0 for ever is not news for ever")]
    [InlineData("7 x 7", "7! 0 7!", "after a failure the state is shown again")]
    [InlineData("9 x 4 5", "9! 0 4! 5!", "a server that began anew behind a failure is followed")]
    public void Observe_follows_the_rules_of_blocking_queries(string answers, string expected, string because)
    {
        var cursor = new WatchCursor();
        Assert.Equal(0ul, cursor.Index);
        var steps = new List<string>();
        foreach (var answer in answers.Split(' '))
        {
            var isNews = false;
            if (answer == "x")
            {
                cursor.Fail();
            }
            else
            {
                isNews = cursor.Observe(ulong.Parse(answer));
            }

            steps.Add($"{cursor.Index}{(isNews ? "!" : "")}");
        }

        Assert.True(expected == string.Join(' ', steps), $"{because}: expected '{expected}', got '{string.Join(' ', steps)}'");
    }

    [Theory]
    [InlineData(1, 0, 125)]
    [InlineData(1, 1, 250)]
    [InlineData(3, 1, 1000)]
    [InlineData(6, 1, 8000)]
    [InlineData(7, 1, 10_000)]
    [InlineData(7, 0, 5000)]
    [InlineData(int.MaxValue, 1, 10_000)]
    public void ComputePause_doubles_to_ten_seconds_with_half_of_it_chance(int failures, double chance, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ConsulWatcher.ComputePause(failures, chance));
}
