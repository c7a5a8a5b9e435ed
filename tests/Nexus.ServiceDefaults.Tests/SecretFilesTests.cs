using Microsoft.Extensions.Configuration;
using Nexus.ServiceDefaults.Secrets;

namespace Nexus.ServiceDefaults.Tests;

public sealed class SecretFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-secrets-").FullName;

    public SecretFilesTests() => File.WriteAllText(Path.Combine(_folder, "Consul__Token"), "t0p\n");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string> Variables => new()
    {
        { "named on purpose", SecretFiles.Variable },
        { "systemd's LoadCredential=", "CREDENTIALS_DIRECTORY" },
    };

    [Theory]
    [MemberData(nameof(Variables))]
    public void AddSecretFiles_reads_a_setting_a_file(string because, string variable)
    {
        var configuration = Build(name => name == variable ? _folder : null);
        Assert.True(configuration["Consul:Token"] == "t0p", because);
    }

    [Fact]
    public void AddSecretFiles_lets_what_is_set_on_purpose_go_before()
    {
        var builder = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Consul:Token"] = "mine" });
        builder.AddSecretFiles(_ => _folder);
        Assert.Equal("mine", builder.Build()["Consul:Token"]);
    }

    [Fact]
    public void AddSecretFiles_adds_nothing_where_no_folder_is_named()
    {
        var builder = new ConfigurationBuilder();
        builder.AddSecretFiles(_ => null);
        Assert.Empty(builder.Sources);
    }

    [Fact]
    public void AddSecretFiles_refuses_a_folder_that_is_not_there()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Build(name => name == SecretFiles.Variable ? "/no/such/folder" : null));
        Assert.Equal("The folder of secrets '/no/such/folder' (NEXUS_SECRETS_DIRECTORY) does not exist.", refused.Message);
    }

    private static IConfigurationRoot Build(Func<string, string?> environment)
    {
        var builder = new ConfigurationBuilder();
        builder.AddSecretFiles(environment);
        return builder.Build();
    }
}
