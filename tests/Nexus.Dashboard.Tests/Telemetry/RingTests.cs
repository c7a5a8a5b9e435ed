using CsCheck;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Tests.Telemetry;

public sealed class RingTests
{
    [Fact]
    public void A_ring_holds_the_newest_in_order() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 200]).Sample((capacity, count) =>
        {
            var ring = new Ring<int>(capacity);
            for (var i = 0; i < count; i++)
            {
                ring.Add(i);
            }

            return ring.ToArray().SequenceEqual(Enumerable.Range(0, count).TakeLast(capacity));
        });
}
