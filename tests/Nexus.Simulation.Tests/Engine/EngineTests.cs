
namespace Nexus.Simulation.Tests.Engine;

public sealed class EngineTests
{
    [Fact]
    public void The_pool_has_one_worker()
    {
        ThreadPool.GetMaxThreads(out var workers, out _);
        Assert.Equal(1, workers);
    }

    [Fact]
    public void Strings_hash_the_same_in_every_process() =>
        Assert.Equal((-1164629915, -718534297), (StringComparer.Ordinal.GetHashCode("web"), HashCode.Combine(7)));
}
