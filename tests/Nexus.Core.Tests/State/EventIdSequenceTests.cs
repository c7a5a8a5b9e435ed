using Nexus.Core.State;

namespace Nexus.Core.Tests.State;

public sealed class EventIdSequenceTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_of_one_process_sort_as_they_were_said_whatever_chance_and_clock_do()
    {
        var ids = new EventIdSequence();
        string[] said =
        [
            ids.Next(Noon, Chance(0xff)), ids.Next(Noon, Chance(0x00)), ids.Next(Noon, Chance(0x80)),
            ids.Next(Noon.AddSeconds(-3), Chance(0x01)), ids.Next(Noon.AddSeconds(1), Chance(0x00)),
        ];

        Assert.Equal(said.Order(StringComparer.Ordinal), said);
        Assert.Equal(said.Length, said.Distinct().Count());
    }

    [Fact]
    public void The_first_id_is_the_one_of_its_moment_and_chance() =>
        Assert.Equal(EventIds.Create(Noon, Chance(0x42)), new EventIdSequence().Next(Noon, Chance(0x42)));

    private static byte[] Chance(byte value) => [.. Enumerable.Repeat(value, 10)];
}
