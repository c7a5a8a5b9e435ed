using Microsoft.Extensions.Logging;
using Nexus.Api.State;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Tests;

public sealed class AssignmentHolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-holder-").FullName;
    private readonly LoggerFactory _loggers = new([new Recorder()]);

    [Fact]
    public void Offer_before_anything_was_loaded_is_judged_by_the_epoch_on_disk()
    {
        Assert.Equal(FenceVerdict.Accepted, Offer(Open(), epoch: 5, generation: 1));

        var restarted = Open();
        Assert.Equal(FenceVerdict.LowerEpoch, Offer(restarted, epoch: 4, generation: 9));

        Assert.Equal(5ul, restarted.Current.Assignment!.Epoch);
        Assert.False(restarted.Current.Confirmed);
    }

    [Fact]
    public void What_a_full_disk_refused_is_kept_once_there_is_room()
    {
        var holder = Open();
        Assert.Equal(FenceVerdict.Accepted, Offer(holder, epoch: 5, generation: 1));
        var inTheWay = Directory.CreateDirectory(Path.Combine(_folder, "assignment.json.new"));
        Assert.Equal(FenceVerdict.Accepted, Offer(holder, epoch: 6, generation: 1));

        holder.CatchUpOnDisk();
        Assert.Equal(FenceVerdict.Accepted, Offer(Open(), epoch: 5, generation: 2));
        inTheWay.Delete();
        holder.CatchUpOnDisk();

        Assert.Equal(FenceVerdict.LowerEpoch, Offer(Open(), epoch: 5, generation: 3));
    }

    [Fact]
    public void The_trace_beside_an_assignment_is_held_and_makes_no_difference()
    {
        const string First = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var holder = Open();
        var assignment = StateJson.Write(Templates.Assign(new NodeName("n1"), 5, 1), StateJson.Default.NodeAssignment);

        Assert.Equal(FenceVerdict.Accepted, holder.Offer("key", TraceContext.Beside(assignment, First)));
        Assert.Equal(FenceVerdict.Unchanged, holder.Offer("key", TraceContext.Beside(assignment, First.Replace('b', 'c'))));
        Assert.Equal(FenceVerdict.Unchanged, holder.Offer("key", TraceContext.Beside(assignment, null)));

        Assert.Equal(First, holder.Current.Traceparent);
        Assert.Null(TraceContext.Of(assignment));
    }

    public void Dispose()
    {
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static FenceVerdict? Offer(AssignmentHolder holder, ulong epoch, ulong generation) => holder.Offer(
        "key", StateJson.Write(Templates.Assign(new NodeName("n1"), epoch, generation), StateJson.Default.NodeAssignment));

    private AssignmentHolder Open()
    {
        var identity = new AgentIdentity(new WorkerOptions { Name = "n1", StateDirectory = _folder });
        return new AssignmentHolder(
            identity, new AssignmentFile(identity, _loggers.CreateLogger<AssignmentFile>()), new StoreBoard(), new EventJournal(identity, TimeProvider.System),
            new WakeSignal(), _loggers.CreateLogger<AssignmentHolder>());
    }
}
