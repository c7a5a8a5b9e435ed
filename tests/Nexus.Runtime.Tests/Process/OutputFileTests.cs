using Nexus.Runtime.Process;

namespace Nexus.Runtime.Tests.Process;

public sealed class OutputFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_path);
        File.Delete(_path + ".1");
    }

    [Fact]
    public async Task Trim_keeps_the_end_and_lets_the_writer_go_on()
    {
        await using var writer = new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite));
        await writer.WriteLineAsync("first");
        await writer.WriteLineAsync("second");
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        var output = new OutputFile(_path);

        output.Trim(bound: 5);

        Assert.Equal(0, new FileInfo(_path).Length);
        Assert.Equal(["first", "second"], output.Tail(5));
    }

    [Fact]
    public void Trim_leaves_a_short_file_alone()
    {
        File.WriteAllText(_path, "first\n");

        new OutputFile(_path).Trim(bound: 6);

        Assert.Equal("first\n", File.ReadAllText(_path));
    }

    [Fact]
    public async Task Follow_goes_on_from_the_start_of_a_file_that_was_cut()
    {
        await File.WriteAllTextAsync(_path, "a long first line\n", TestContext.Current.CancellationToken);
        var alive = true;
        var lines = new List<string>();

        await foreach (var line in new OutputFile(_path).FollowAsync(
            1, () => Volatile.Read(ref alive), TimeProvider.System, TestContext.Current.CancellationToken))
        {
            lines.Add(line);
            await File.WriteAllTextAsync(_path, "next\n", TestContext.Current.CancellationToken);
            Volatile.Write(ref alive, false);
        }

        Assert.Equal(["a long first line", "next"], lines);
    }
}
