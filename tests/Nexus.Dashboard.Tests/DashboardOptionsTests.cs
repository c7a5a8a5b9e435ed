namespace Nexus.Dashboard.Tests;

public sealed class DashboardOptionsTests
{
    [Fact]
    public void A_free_port_is_taken_by_default() => Assert.Equal(0, new DashboardOptions().Port);
}
