using Microsoft.Extensions.Logging;
using Nexus.Core.Ids;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Tests;

public sealed class AssignmentFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-assignment-").FullName;
    private readonly Recorder _logs = new();
    private readonly LoggerFactory _loggers;

    public AssignmentFileTests() => _loggers = new LoggerFactory([_logs]);

    [Fact]
    public void What_was_saved_is_loaded()
    {
        var assignment = Templates.Assign(new NodeName("n1"), 7, 3, new Wanted("web-1", Templates.Web()));

        Assert.True(Open(_folder).TrySave(assignment));
        var loaded = Open(_folder).Load();

        Assert.Equal((7ul, 3ul), (loaded!.Epoch, loaded.Generation));
        Assert.Equal(assignment.Allocations.AsEnumerable(), loaded.Allocations);
        Assert.Equal(
            Core.Spec.PoolRevisions.Compute(assignment.Templates[0].Template), Core.Spec.PoolRevisions.Compute(loaded.Templates[0].Template));
    }

    [Fact]
    public void A_damaged_file_is_not_trusted()
    {
        var file = Open(_folder);
        file.TrySave(Templates.Assign(new NodeName("n1"), 7, 3));
        var bytes = File.ReadAllBytes(file.Location);
        bytes[^2] ^= 1;
        File.WriteAllBytes(file.Location, bytes);

        Assert.Null(file.Load());
        Assert.True(_logs.Contains("its checksum does not fit"));
    }

    [Fact]
    public void A_missing_file_is_no_news()
    {
        Assert.Null(Open(_folder).Load());
        Assert.Equal("", _logs.ToString());
    }

    [Fact]
    public void A_disk_that_refuses_is_told_once_with_what_mends_it()
    {
        var blocked = Path.Combine(_folder, "blocked");
        File.WriteAllText(blocked, "a file where a folder should be");
        var file = Open(blocked);

        Assert.False(file.TrySave(Templates.Assign(new NodeName("n1"), 1, 1)));
        Assert.False(file.TrySave(Templates.Assign(new NodeName("n1"), 1, 2)));

        Assert.Equal(1, _logs.Count("Worker:StateDirectory"));
        Assert.True(_logs.Contains(blocked));
        File.Delete(blocked);
        Assert.True(file.TrySave(Templates.Assign(new NodeName("n1"), 1, 3)));
        Assert.True(_logs.Contains("again"));
    }

    public void Dispose()
    {
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private AssignmentFile Open(string folder) =>
        new(new AgentIdentity(new WorkerOptions { Name = "n1", StateDirectory = folder }), _loggers.CreateLogger<AssignmentFile>());
}
