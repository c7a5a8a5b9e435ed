using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Nexus.Consul.Tests;

public sealed class ConsulOptionsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AddConsulClient_binds_from_the_root_or_its_section(bool fromRoot)
    {
        var root = Configuration(("Consul:Address", "http://10.1.2.3:8501"), ("Consul:RequestTimeout", "00:00:05"));
        using var provider = new ServiceCollection()
            .AddConsulClient(fromRoot ? root : root.GetSection("Consul"))
            .BuildServiceProvider();
        Assert.Equal(new Uri("http://10.1.2.3:8501"), provider.GetRequiredService<ConsulClient>().Address);
        Assert.Equal(TimeSpan.FromSeconds(5), provider.GetRequiredService<IOptions<ConsulOptions>>().Value.RequestTimeout);
    }

    [Theory]
    [InlineData("Consul:Address", "ftp://10.1.2.3")]
    [InlineData("Consul:Address", "http://10.1.2.3/v1")]
    [InlineData("Consul:RequestTimeout", "00:00:00")]
    [InlineData("Consul:WatchWait", "01:00:00")]
    public void A_wrong_option_is_named(string key, string value)
    {
        using var provider = new ServiceCollection().AddConsulClient(Configuration((key, value))).BuildServiceProvider();
        var exception = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<ConsulClient>);
        Assert.Contains(key.Split(':')[1], exception.Message, StringComparison.Ordinal);
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value))
        .Build();
}
