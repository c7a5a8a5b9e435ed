using System.Collections.Immutable;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of <c>rollout</c>, and the rules between them and the rest of the pool.</summary>
internal static class RolloutSection
{
    private const int MaxSteps = 20;

    private static readonly Section<CanaryStep> Step = new(new CanaryStep(),
    [
        new SpecKey<CanaryStep, int>("weight", new WholeValue(1, 99), null, (s, v) => s with { Weight = v },
            "Share of the requests in percent, over as many replicas as carry it.") { DefaultNote = "none: count says how many" },
        new SpecKey<CanaryStep, int>("count", new WholeValue(1, PoolSection.MaxReplicas), null, (s, v) => s with { Count = v },
            "Replicas; requests follow by their number.") { DefaultNote = "none: weight says how much" },
        new SpecKey<CanaryStep, TimeSpan>("pause", DurationValue.OfSeconds(0, 86_400 * 7), null, (s, v) => s with { Pause = v },
            "How long the step lasts.") { DefaultNote = "until it is promoted by hand" },
    ])
    {
        Complete = (step, cursor) =>
        {
            if (step.Weight is null == step.Count is null && cursor.IsSound("weight", "count"))
            {
                cursor.Error($"found {(step.Weight is null ? "neither weight nor count" : "both weight and count")}; allowed is one of them");
            }

            return step;
        },
    };

    private static readonly Section<CanarySpec> Canary = new(new CanarySpec(),
    [
        new SpecKey<CanarySpec, ImmutableArray<CanaryStep>>("steps", new ListValue<CanaryStep>(Step, "steps", MaxSteps), null,
            (c, v) => c with { Steps = v },
            "The steps before the rest follows.") { DefaultNote = "one of weight 10 and pause 1m" },
        new SpecKey<CanarySpec, double>("max_error_rate", new NumberValue(0, 1), c => c.MaxErrorRate, (c, v) => c with { MaxErrorRate = v },
            "Share of failed requests above the stable revision's at which it is given up."),
        new SpecKey<CanarySpec, double>("max_p95_ratio", new NumberValue(1, 1000), c => c.MaxP95Ratio, (c, v) => c with { MaxP95Ratio = v },
            "How many times the stable revision's p95 its own may be before it is given up."),
        new SpecKey<CanarySpec, int>("min_requests", new WholeValue(1, 1_000_000), c => c.MinRequests, (c, v) => c with { MinRequests = v },
            "Requests it must have answered within the gateways' window before it is judged at all, unless most of its first ones fail; four times as many before its p95 is."),
    ])
    {
        Complete = CompleteCanary,
    };

    public static Section<RolloutSpec> Section { get; } = new(new RolloutSpec(),
    [
        new SpecKey<RolloutSpec, RolloutStrategy>("strategy", new ChoiceValue<RolloutStrategy>(
            ("rolling", RolloutStrategy.Rolling), ("canary", RolloutStrategy.Canary), ("blue_green", RolloutStrategy.BlueGreen)),
            r => r.Strategy, (r, v) => r with { Strategy = v },
            "rolling: some at a time; canary: a part first, judged before the rest; blue_green: a second full set, then all requests at once."),
        new SpecKey<RolloutSpec, RolloutOrder>("order", new ChoiceValue<RolloutOrder>(
            ("start_first", RolloutOrder.StartFirst), ("stop_first", RolloutOrder.StopFirst)), null, (r, v) => r with { Order = v },
            "start_first: new replicas serve before old ones stop; stop_first: old ones are gone before new ones start.")
            { DefaultNote = "stop_first with a host_port, an exclusive volume or max_surge 0, else start_first" },
        new SpecKey<RolloutSpec, int>("max_surge", new ReplicaShareValue(), r => r.MaxSurge,
            (r, v) => r with { MaxSurge = v },
            "Replicas that may exist above the wanted count while replacing; a share of min_replicas is rounded up."),
        new SpecKey<RolloutSpec, int>("max_unavailable", new ReplicaShareValue(), r => r.MaxUnavailable,
            (r, v) => r with { MaxUnavailable = v },
            "Replicas that may be missing from the wanted count while replacing; a share of min_replicas is rounded down."),
        new SpecKey<RolloutSpec, TimeSpan>("min_healthy_time", DurationValue.OfSeconds(0, 3600),
            r => r.MinHealthyTime, (r, v) => r with { MinHealthyTime = v },
            "How long a new replica must have been healthy before it counts as available."),
        new SpecKey<RolloutSpec, TimeSpan>("progress_deadline", DurationValue.OfSeconds(1, 86_400),
            r => r.ProgressDeadline, (r, v) => r with { ProgressDeadline = v },
            "How long a rollout may go without one more replica becoming available before it has failed."),
        new SpecKey<RolloutSpec, int>("max_failures", new WholeValue(0, 1000), r => r.MaxFailures, (r, v) => r with { MaxFailures = v },
            "Exits and failed starts, of all new replicas together, that are put down to chance while none was available yet; 0 gives up at the first. One more than this are tried before one of them serves."),
        new SpecKey<RolloutSpec, bool>("auto_rollback", new BoolValue(), r => r.AutoRollback, (r, v) => r with { AutoRollback = v },
            "Whether a rollout that failed goes back to the revision last proven stable."),
        new SpecKey<RolloutSpec, CanarySpec>("canary", Canary, r => r.Canary, (r, v) => r with { Canary = v },
            "Steps and limits of strategy canary."),
        new SpecKey<RolloutSpec, TimeSpan>("keep_old", DurationValue.OfSeconds(0, 86_400 * 7), r => r.KeepOld, (r, v) => r with { KeepOld = v },
            "How long strategy blue_green keeps the old set after the switch."),
    ])
    {
        Complete = Complete,
    };

    /// <summary>Makes numbers of shares, and asks whether the rollout fits the rest of the pool.</summary>
    public static PoolSpec ForPool(PoolSpec pool, SpecCursor cursor)
    {
        var rollout = pool.Rollout with
        {
            MaxSurge = ReplicaShareValue.Of(pool.Rollout.MaxSurge, pool.MinReplicas, up: true),
            MaxUnavailable = ReplicaShareValue.Of(pool.Rollout.MaxUnavailable, pool.MinReplicas, up: false),
        };
        pool = pool with { Rollout = rollout };
        var at = cursor.Child("rollout");
        if (cursor.IsSound("min_replicas") && at.IsSound("max_surge", "max_unavailable", "order"))
        {
            AskWhatMayGo(pool, at);
        }

        if (cursor.IsSound("host_port", "volumes") && at.IsSound("strategy", "order", "max_surge"))
        {
            AskWhatIsHeld(pool, at);
        }

        if (cursor.IsSound("min_replicas", "max_replicas", "warm_standby", "host_port", "volumes"))
        {
            AskWhoStandsBy(pool, cursor);
        }

        return pool;
    }

    private static void AskWhatMayGo(PoolSpec pool, SpecCursor at)
    {
        var rollout = pool.Rollout;
        if (rollout is { MaxSurge: 0, MaxUnavailable: 0 } && rollout.Order != RolloutOrder.StopFirst)
        {
            at.Error("found max_surge 0 and max_unavailable 0, which lets nothing be replaced; allowed is 0 for one of them");
        }
        else if (pool.MinReplicas > 1 && rollout.MaxUnavailable >= pool.MinReplicas)
        {
            at.Child("max_unavailable").Warn(
                $"{rollout.MaxUnavailable} of {pool.MinReplicas} replicas: a rollout may stop all of them at once");
        }
    }

    private static string Held(PoolSpec pool) => pool.Template.HostPort is not null ? "host_port" : "an exclusive volume";

    private static void AskWhoStandsBy(PoolSpec pool, SpecCursor cursor)
    {
        if (pool.Template.HoldsExclusively && pool.WarmStandby > 0)
        {
            cursor.Child("warm_standby").Error(
                $"found {pool.WarmStandby} with {Held(pool)}, which a replica that stands by holds too; allowed is 0");
        }
        else if (pool.WarmStandby > pool.MaxReplicas)
        {
            cursor.Child("warm_standby").Warn(
                $"{pool.WarmStandby} for at most {pool.MaxReplicas} replica{(pool.MaxReplicas == 1 ? "" : "s")}: more than could ever take over");
        }
    }

    private static void AskWhatIsHeld(PoolSpec pool, SpecCursor at)
    {
        var (rollout, held) = (pool.Rollout, Held(pool));
        var stopsFirst = pool.Template.HoldsExclusively || rollout.StopsFirst(pool.Template);
        if (pool.Template.HoldsExclusively && rollout.Order == RolloutOrder.StartFirst)
        {
            at.Child("order").Error($"found start_first with {held}, which one replica of a node can hold at a time; allowed is stop_first");
        }

        if (rollout.Strategy == RolloutStrategy.BlueGreen && stopsFirst)
        {
            at.Child("strategy").Error("found blue_green for a pool that stops first ("
                + (pool.Template.HoldsExclusively ? held : rollout.MaxSurge == 0 ? "max_surge 0" : "order stop_first")
                + "), where a second set cannot start; allowed is rolling or canary");
        }
        else if (rollout.Strategy == RolloutStrategy.Canary && pool.MinReplicas == 1 && stopsFirst)
        {
            at.Child("strategy").Warn("canary for 1 replica that stops first: there is nothing beside it, so it is replaced as by rolling");
        }
    }

    private static RolloutSpec Complete(RolloutSpec rollout, SpecCursor cursor)
    {
        if (rollout is { MaxSurge: 0, Order: RolloutOrder.StartFirst } && cursor.IsSound("order", "max_surge"))
        {
            cursor.Child("max_surge").Error("found 0 with order start_first; allowed is at least 1");
        }

        if (cursor.Has("canary") && rollout.Strategy != RolloutStrategy.Canary && cursor.IsSound("strategy"))
        {
            cursor.Child("canary").Warn("has no effect without strategy: canary");
        }

        if (cursor.Has("keep_old") && rollout.Strategy != RolloutStrategy.BlueGreen && cursor.IsSound("strategy"))
        {
            cursor.Child("keep_old").Warn("has no effect without strategy: blue_green");
        }

        return rollout;
    }

    private static CanarySpec CompleteCanary(CanarySpec canary, SpecCursor cursor)
    {
        if (!cursor.Has("steps") || !cursor.IsSound("steps"))
        {
            return canary;
        }

        var steps = cursor.Child("steps");
        if (canary.Steps.IsEmpty)
        {
            steps.Error("found no step; allowed is at least one, or strategy: rolling");
        }

        for (var i = 1; i < canary.Steps.Length; i++)
        {
            var (before, step) = (canary.Steps[i - 1], canary.Steps[i]);
            if (step.Weight <= before.Weight || step.Count <= before.Count)
            {
                steps.Item(i).Error($"found {step.Weight ?? step.Count} after {before.Weight ?? before.Count}; allowed is more than the step before");
            }
        }

        return canary;
    }
}
