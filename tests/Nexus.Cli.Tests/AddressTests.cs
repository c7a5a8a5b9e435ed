using Nexus.Cli.Addresses;

namespace Nexus.Cli.Tests;

public sealed class AddressTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-address-").FullName;
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Find_takes_the_first_place_that_names_one()
    {
        Assert.Equal(("http://127.0.0.1:8420", "the default"), Find());

        Write("home/.config/nexus/config.json", """{"address": "http://user:1"}""");
        Assert.Equal(("http://user:1", $"from {_root}/home/.config/nexus/config.json"), Find());

        Write("a/.nexus/cli.json", """{"address": "http://parent:1"}""");
        Assert.Equal(("http://parent:1", $"from {_root}/a/.nexus/cli.json"), Find());

        Write("a/b/.nexus/cli.json", """{}""");
        Assert.Equal(("http://parent:1", $"from {_root}/a/.nexus/cli.json"), Find());

        _variables[AddressFinder.Variable] = "https://variable";
        Assert.Equal(("https://variable", "from NEXUS_ADDRESS"), Find());

        Assert.Equal(("http://option:8420", "from --address"), Find("option:8420"));
    }

    [Fact]
    public void Find_takes_several_by_commas_each_once()
    {
        Assert.Equal(("http://m1:1 https://m2 http://m3:8420", "from --address"), Find("m1:1, https://m2,m3:8420,m1:1"));

        Write("home/.config/nexus/config.json", """{"address": "http://a:1,http://b:1"}""");
        Assert.Equal(("http://a:1 http://b:1", $"from {_root}/home/.config/nexus/config.json"), Find());
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("http://")]
    [InlineData("two words")]
    [InlineData("http://x,", "")]
    [InlineData("http://x,ftp://y", "ftp://y")]
    public void Find_refuses_what_is_no_address_and_names_its_source(string bad, string? part = null)
    {
        _variables[AddressFinder.Variable] = bad;

        var failed = Assert.Throws<CommandFailedException>(() => Find());

        Assert.Equal(ExitCode.Usage, failed.Code);
        Assert.Contains($"'{part ?? bad}' (from NEXUS_ADDRESS)", failed.Message);
    }

    [Fact]
    public void Find_refuses_a_broken_file_rather_than_skip_it()
    {
        Write("a/b/.nexus/cli.json", "{\n\"address\" 1");

        var failed = Assert.Throws<CommandFailedException>(() => Find());

        Assert.Equal(ExitCode.Usage, failed.Code);
        Assert.StartsWith($"{_root}/a/b/.nexus/cli.json:2:", failed.Message, StringComparison.Ordinal);
    }

    private (string Address, string Source) Find(string? option = null)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, "a", "b")).FullName;
        var finder = new AddressFinder(new Surroundings(
            _variables.GetValueOrDefault, directory, Path.Combine(_root, "home"), "ann", () => Stream.Null, "box"));
        var endpoints = finder.Find(option);
        return (string.Join(' ', endpoints.Select(e => e.Display)), Assert.Single(endpoints.Select(e => e.Source).Distinct()));
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
