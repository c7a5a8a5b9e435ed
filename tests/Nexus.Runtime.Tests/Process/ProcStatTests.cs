using Nexus.Runtime.Process;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests.Process;

public sealed class ProcStatTests
{
    [Theory]
    [InlineData("sleep")]
    [InlineData("a) R 1 2 (b")] // a process may call itself anything
    public void Parse_reads_past_any_name(string name)
    {
        var stat = ProcStat.Parse($"42 ({name}) S 1 43 44 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 2 3");

        Assert.Equal(new ProcStat('S', 44, 987654), stat);
    }

    [Fact]
    public void Read_finds_no_process_that_is_not_there() => Assert.Null(ProcStat.Read(int.MaxValue));

    [Fact]
    public void IsAlive_denies_another_start_of_the_same_number()
    {
        var own = ProcStat.Read(Environment.ProcessId)!.Value;

        Assert.True(new ProcessIdentity(Environment.ProcessId, own.StartTicks).IsAlive());
        Assert.False(new ProcessIdentity(Environment.ProcessId, own.StartTicks + 1).IsAlive());
    }

    [Fact]
    public async Task IsAlive_denies_a_zombie()
    {
        // Its parent becomes a program that never asks for its end.
        using var parent = OsProcess.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "sleep 0.2 & echo $!; exec sleep 1000"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var pid = int.Parse((await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
            var identity = new ProcessIdentity(pid, ProcStat.Read(pid)!.Value.StartTicks);

            await Contract.Eventually.HoldsAsync(() => ProcStat.Read(pid) is { State: 'Z' }, $"process {pid} became a zombie");

            Assert.False(identity.IsAlive());
        }
        finally
        {
            parent.Kill();
        }
    }
}
