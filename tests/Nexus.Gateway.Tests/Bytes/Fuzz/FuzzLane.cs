using System.Collections.Concurrent;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;
using Nexus.Gateway.Tests.Harness;
using Nexus.Gateway.Tests.Harness.Wire;
using RawClient = Nexus.Gateway.Tests.Harness.Wire.RawClient;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>A pool of two replicas under a host of its own, in which one case after the other runs, beside those of other lanes.</summary>
internal sealed class FuzzLane : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawReplica[] _replicas;
    private volatile FuzzRun? _run;
    private readonly ConcurrentDictionary<string, bool> _before = new(StringComparer.Ordinal);

    public FuzzLane(string pool)
    {
        Pool = pool;
        _replicas = [new RawReplica(ServeAsync), new RawReplica(ServeAsync)];
    }

    public string Pool { get; }

    /// <summary>Below it are the hosts of its cases.</summary>
    public string Domain => $"{Pool}.test";

    public IEnumerable<int> Ports => _replicas.Select(replica => replica.Port);

    /// <summary>Runs one case; returns what was wrong.</summary>
    public async Task<List<string>> RunAsync(FuzzCase @case, GatewayUnderTest gateway, CancellationToken cancellationToken)
    {
        var pool = gateway.Service<LivePools>().Find(Pool)!;
        Forgive(gateway, pool);
        var run = new FuzzRun(@case);
        foreach (var step in _run?.Case.Steps ?? [])
        {
            _before[step.Request.Host] = true;
        }

        _run = run;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        List<WireMessage> answers = [];
        try
        {
            await ExchangeAsync(@case, answers, gateway.Client.BaseAddress!.Port, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [$"no answer within the limit, after {answers.Count}"];
        }

        // What a replica does on after its answer must not reach into the next case.
        await Eventually.TrueAsync(() => pool.All.All(d => d.Busy == 0) && run.UnderWay == 0, $"the end of every request at replicas in {@case}");
        var ejections = gateway.Service<EjectionBook>().All.Where(e => e.Pool == Pool).Select(e => e.Reason).ToList();
        return FuzzJudge.Judge(@case, [.. run.Requests], answers, ejections);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }
    }

    private static void Forgive(GatewayUnderTest gateway, LivePool pool)
    {
        foreach (var held in gateway.Service<EjectionBook>().All.Where(e => e.Pool == pool.Name))
        {
            gateway.Service<Ejector>().Succeed(held.Allocation, TimeProvider.System.GetTimestamp());
        }

        foreach (var destination in pool.All)
        {
            destination.Streaks.Count(Core.Routing.AttemptOutcome.Answered, isBadAnswer: false);
        }
    }

    private static async Task ExchangeAsync(FuzzCase @case, List<WireMessage> answers, int port, CancellationToken cancellationToken)
    {
        using var client = await RawClient.ConnectAsync(port, cancellationToken);
        try
        {
            await SendAsync(@case, client, cancellationToken);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was cut off while it was sending, as a client that sends nonsense may be; what was answered before counts.
        }

        foreach (var step in @case.Steps.Where(step => step.Request.Verdict != Verdict.Incomplete))
        {
            var answer = await client.ReadAnswerAsync(step.Request.HasHead ? step.Request.Method : "GET", cancellationToken);
            answers.Add(answer);
            if (answer.Verdict is Verdict.Incomplete or Verdict.Invalid || answer.IsLast || answer.Status == 101)
            {
                return;
            }
        }

        if (@case.HalfCloses && @case.Steps is [.., { Request.Verdict: Verdict.Incomplete }])
        {
            client.EndSending();
            await client.ReadAnswerAsync("GET", cancellationToken);
        }
    }

    private static async Task SendAsync(FuzzCase @case, RawClient client, CancellationToken cancellationToken)
    {
        var from = 0;
        if (@case.WaitsForContinue)
        {
            from = @case.Bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
            await client.SendAsync(@case.Bytes.AsMemory(0, from), cancellationToken);
            await client.WaitForBytesAsync(cancellationToken);
        }

        foreach (var cut in @case.Cuts.Where(cut => cut > from))
        {
            await client.SendAsync(@case.Bytes.AsMemory(from..cut), cancellationToken);
            from = cut;
            await Task.Yield();
        }
    }

    private async Task ServeAsync(RawConnection connection)
    {
        while (await connection.WaitForBytesAsync() && _run is { } run)
        {
            if (await connection.PeekHeadAsync() is not { } head)
            {
                return;
            }

            if (_before.ContainsKey(head.Host) && run.Case.Steps.TrueForAll(step => step.Request.Host != head.Host))
            {
                // Of a client that left in the middle of it; the gateway has noticed it late, and will leave too.
                await connection.ReadRequestAsync();
                return;
            }

            if (!await run.AnswerAsync(connection, head))
            {
                return;
            }
        }
    }
}

/// <summary>What replicas see and do of one case.</summary>
internal sealed class FuzzRun(FuzzCase @case)
{
    private readonly Lock _gate = new();
    private int _underWay;
    private int _next;

    public FuzzCase Case => @case;

    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>What replicas read, and which request of the client that is; null for none.</summary>
    public ConcurrentQueue<(WireMessage Got, FuzzStep? Step)> Requests { get; } = new();

    /// <summary>Reads one request and answers it; false when the connection is at its end.</summary>
    public async Task<bool> AnswerAsync(RawConnection connection, WireMessage head)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            var goesOn = await AnswerAsync(connection, head, Find(head));
            if (!goesOn)
            {
                connection.Close();
            }

            return goesOn;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<bool> AnswerAsync(RawConnection connection, WireMessage head, FuzzStep? step)
    {
        if (step is null || head.Verdict == Verdict.Invalid)
        {
            Requests.Enqueue((head, step));
            return false;
        }

        step.Ask();
        if (step.IsEarly)
        {
            await SendAsync(connection, step);
            if (step.LeavesBody)
            {
                Requests.Enqueue((head, step));
                return false;
            }
        }
        else if (step.AsksForContinue)
        {
            await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        }

        var request = await connection.ReadRequestAsync();
        Requests.Enqueue((request ?? head, step));
        if (request is null)
        {
            return false;
        }

        if (!step.IsEarly)
        {
            await SendAsync(connection, step);
        }

        return !step.Closes;
    }

    private static async Task SendAsync(RawConnection connection, FuzzStep step)
    {
        await connection.SendAsync(step.ResponseBytes.AsMemory(0, step.Cut));
        await Task.Yield();
        await connection.SendAsync(step.ResponseBytes.AsMemory(step.Cut));
    }

    /// <summary>Which of the client's requests it is: the one before again, if that one failed, or one behind it.</summary>
    private FuzzStep? Find(WireMessage head)
    {
        lock (_gate)
        {
            for (var i = _next; i < @case.Steps.Count; i++)
            {
                var step = @case.Steps[i];
                if (step.Request.HasHead && step.Request.Method == head.Method && step.Request.Forwarded == head.Target
                    && (step.Request.Host == head.Host || step.Request.Verdict != Verdict.Valid))
                {
                    _next = step.Response.Verdict == Verdict.Valid ? i + 1 : i;
                    return step;
                }
            }

            return null;
        }
    }
}
