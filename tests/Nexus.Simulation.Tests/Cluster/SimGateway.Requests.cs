using Nexus.Core.Routing;
using Nexus.Core.Spec.Values;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>The gateway's way with requests.</summary>
internal sealed partial class SimGateway
{
    private const int MaxAttempts = 3;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EjectedFor = TimeSpan.FromSeconds(2);

    private uint _turn;

    /// <summary>Takes a request in, which is told how it ended and who answered.</summary>
    public void Take(SimRequest request) => _process.Deliver(() => Try(request, 1, []));

    private void Try(SimRequest request, int number, List<string> tried)
    {
        request.Pool ??= LeadsTo(request.Host, request.Path);
        var place = Choose(request.Pool, tried);
        if (place is null)
        {
            request.Fail(tried.Count == 0 ? "no replica" : "no other replica");
            return;
        }

        var id = place.Destination.Id.Value;
        tried.Add(id);
        var began = _process.World.Elapsed;
        var at = new Uri(place.Destination.Address);
        Attempt attempt = null!;
        attempt = new Attempt(outcome =>
        {
            place.Under.Remove(attempt);
            if (outcome == AttemptOutcome.Answered)
            {
                Witness(place, reached: true);
                request.Succeed(attempt.By!, began);
                return;
            }

            if (outcome != AttemptOutcome.ClientGone)
            {
                Witness(place, reached: outcome == AttemptOutcome.NoAnswer || _process.World.Elapsed - began < TimeSpan.FromMilliseconds(500));
                place.EjectedUntil = _process.World.Elapsed + EjectedFor;
            }

            if (number < MaxAttempts && (outcome == AttemptOutcome.NotConnected || request.Method == "GET"))
            {
                Try(request, number + 1, tried);
            }
            else
            {
                request.Fail($"{outcome} at {id}");
            }
        });
        place.Under.Add(attempt);
        _network.Send(_process.Machine, at.Host, at.Port, request.Takes, new SimExchange
        {
            Done = (how, by) => _process.Deliver(() => attempt.End(how switch
            {
                ExchangeEnd.Answered => AttemptOutcome.Answered,
                ExchangeEnd.NotConnected => AttemptOutcome.NotConnected,
                _ => AttemptOutcome.NoAnswer,
            }, by)),
        });
        _process.World.After(request.Takes + AnswerLimit, () => _process.Deliver(() => attempt.End(AttemptOutcome.TimedOut, null)));
    }

    /// <summary>The pool that requests of a host and path go to; null for none.</summary>
    public string? LeadsTo(string host, string path)
    {
        var asked = RoutePattern.Of(host, path);
        return Routing.Routes.FirstOrDefault(route => route.Pattern.Covers(asked))?.Pool.Value;
    }

    private Place? Choose(string? pool, List<string> tried)
    {
        var all = _places.Values
            .Where(p => p.Pool.Name.Value == pool && p.Takes && !tried.Contains(p.Destination.Id.Value, StringComparer.Ordinal))
            .OrderBy(p => p.Destination.Id.Value, StringComparer.Ordinal)
            .ToList();
        var trusted = all.Where(p => p.EjectedUntil <= _process.World.Elapsed).ToList();
        var from = trusted.Count > 0 ? trusted : all;
        var turn = (int)(_turn++ % (uint)Math.Max(1, from.Count));
        return from.Skip(turn).Concat(from.Take(turn)).MinBy(p => p.InFlight);
    }

    private sealed class Attempt(Action<AttemptOutcome> done)
    {
        private bool _over;

        public SimWorkload? By { get; private set; }

        public void End(AttemptOutcome outcome, SimWorkload? by)
        {
            if (!_over)
            {
                (_over, By) = (true, by);
                done(outcome);
            }
        }

        public void BreakOff() => End(AttemptOutcome.ClientGone, null);
    }
}

/// <summary>One request of a client.</summary>
internal sealed class SimRequest(string host, string path, string method, TimeSpan takes, Action<SimRequest> over)
{
    public string Host => host;

    public string Path => path;

    /// <summary>Where the route led when a gateway took it in; null for nowhere.</summary>
    public string? Pool { get; set; }

    public string Method => method;

    public TimeSpan Takes => takes;

    public string? Failure { get; private set; }

    public SimWorkload? By { get; private set; }

    public TimeSpan AttemptBegan { get; private set; }

    public bool Over { get; private set; }

    public void Succeed(SimWorkload by, TimeSpan attemptBegan)
    {
        if (!Over)
        {
            (Over, By, AttemptBegan) = (true, by, attemptBegan);
            over(this);
        }
    }

    public void Fail(string why)
    {
        if (!Over)
        {
            (Over, Failure) = (true, why);
            over(this);
        }
    }
}
