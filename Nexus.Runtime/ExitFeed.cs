using System.Collections.Immutable;
using System.Threading.Channels;

namespace Nexus.Runtime;

/// <summary>
/// Hands each exit to all who watch at that moment. A reader that falls behind loses the oldest: an exit only wakes, and
/// the newer ones wake as well.
/// </summary>
internal sealed class ExitFeed
{
    private const int Bound = 1024;

    private ImmutableList<Channel<WorkloadExit>> _readers = [];

    public void Publish(WorkloadExit exit)
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            reader.Writer.TryWrite(exit);
        }
    }

    /// <summary>From now on; the caller disposes.</summary>
    public Subscription Subscribe() => new(this);

    internal sealed class Subscription : IDisposable
    {
        private readonly ExitFeed _feed;
        private readonly Channel<WorkloadExit> _channel = Channel.CreateBounded<WorkloadExit>(
            new BoundedChannelOptions(Bound) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        public Subscription(ExitFeed feed)
        {
            _feed = feed;
            ImmutableInterlocked.Update(ref feed._readers, readers => readers.Add(_channel));
        }

        public ChannelReader<WorkloadExit> Reader => _channel.Reader;

        /// <summary>The next end of this workload; the ends of others are passed over.</summary>
        public async Task<WorkloadExit> NextOfAsync(WorkloadId id, CancellationToken cancellationToken)
        {
            WorkloadExit exit;
            do
            {
                exit = await _channel.Reader.ReadAsync(cancellationToken);
            }
            while (exit.Id != id);
            return exit;
        }

        public void Dispose() => ImmutableInterlocked.Update(ref _feed._readers, readers => readers.Remove(_channel));
    }
}
