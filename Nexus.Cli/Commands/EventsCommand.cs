using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary>Which events to show.</summary>
/// <param name="Pool">Only of this pool; null for all.</param>
/// <param name="Since">Only of this age or younger; null for all that are kept.</param>
/// <param name="SinceTime">Only from this moment on; null for all that are kept.</param>
internal sealed record EventFilter(string? Pool, TimeSpan? Since, DateTimeOffset? SinceTime)
{
    /// <summary>Machines whose clocks are synchronized differ by less.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    public bool Passes(EventView happened, DateTimeOffset now) =>
        IsOfPool(happened)
        && (Since is not { } age || (happened.At >= now - age && !IsOfFuture(happened, now)))
        && (SinceTime is not { } from || happened.At >= from);

    /// <summary>Whether it is left out because its age cannot be known: its time is still to come.</summary>
    public bool HidesOfFuture(EventView happened, DateTimeOffset now) => Since is not null && IsOfPool(happened) && IsOfFuture(happened, now);

    /// <summary>What happens while somebody watches is new, whatever the clock of its writer says.</summary>
    public bool PassesLive(EventView happened) => IsOfPool(happened);

    private bool IsOfPool(EventView happened) => Pool is null || happened.Pool == Pool;

    private static bool IsOfFuture(EventView happened, DateTimeOffset now) => happened.At > now + Tolerance;
}

/// <summary><c>nexus events</c>: what happened and why, and with <c>--follow</c> what happens.</summary>
internal sealed class EventsCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new events until interrupted." };
        var pool = new Option<string?>("--pool") { Description = "Only events of this pool.", HelpName = "name" };
        var since = new Option<EventFilter?>("--since")
        {
            Description = "Only events of this age or younger (10m), or from this time on (2030-01-31T12:00:00Z).",
            HelpName = "age|time",
            CustomParser = ParseSince,
        };
        var command = new Command("events", "Show what happened and why, oldest first.") { follow, pool, since };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
        {
            var filter = (parsed.GetValue(since) ?? new EventFilter(null, null, null)) with { Pool = parsed.GetValue(pool) };
            return new EventsCommand(context).RunAsync(filter, parsed.GetValue(follow), cancellationToken);
        });
    }

    public async Task<ExitCode> RunAsync(EventFilter filter, bool follow, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var kept = await client.EventsAsync(cancellationToken);
        await RefuseUnknownAsync(client, filter.Pool, kept, cancellationToken);
        var now = context.Time.GetUtcNow();
        var shown = kept.Where(e => filter.Passes(e, now)).OrderBy(e => e.At).ToArray(); // a death's story is told after its successor's start
        WarnOfFuture([.. kept.Where(e => filter.HidesOfFuture(e, now))], now);
        if (context.Json && !follow)
        {
            context.Terminal.Json([.. shown], ApiJson.Default.ImmutableArrayEventView);
            return ExitCode.Ok;
        }

        Array.ForEach(shown, Write);
        if (!follow)
        {
            return ExitCode.Ok;
        }

        var last = kept.Length > 0 ? kept[^1].Id : null;
        await foreach (var happened in client.StreamEventsAsync(last, Reconnecting, cancellationToken))
        {
            if (filter.PassesLive(happened))
            {
                Write(happened);
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>A pool that neither exists nor left a trace is a slip of the finger, not a pool without events.</summary>
    private static async Task RefuseUnknownAsync(
        NexusApiClient client, string? pool, ImmutableArray<EventView> kept, CancellationToken cancellationToken)
    {
        if (pool is null || kept.Any(e => e.Pool == pool))
        {
            return;
        }

        var pools = await client.PoolsAsync(cancellationToken);
        if (pools.All(p => p.Name != pool))
        {
            throw Unknown.Pool(pool, pools.Select(p => p.Name));
        }
    }

    /// <summary>Left out, but not in silence.</summary>
    private void WarnOfFuture(EventView[] hidden, DateTimeOffset now)
    {
        if (hidden.Length > 0)
        {
            var sources = string.Join(", ", hidden.Select(e => e.Source).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
            context.Terminal.Error.Line(
                $"warning: {hidden.Length} event{(hidden.Length == 1 ? " has a time" : "s have times")} up to {HumanUnits.Span(hidden.Max(e => e.At) - now)} in the future "
                + $"and {(hidden.Length == 1 ? "is" : "are")} not shown, since the age is not known; the clock of {ConsoleLines.Harmless(sources)} was or is ahead of this machine's. "
                + "Without --since all events are shown.");
        }
    }

    private void Reconnecting(NexusApiException broken, TimeSpan delay) =>
        context.Terminal.Error.Line($"warning: {ConsoleLines.Harmless(broken.Message)} Trying again in {HumanUnits.Span(delay)}.");

    private void Write(EventView happened)
    {
        if (context.Json)
        {
            context.Terminal.Json(happened, ApiJson.Default.EventView);
        }
        else
        {
            EventLine.Write(context.Terminal.Out, happened, context.Time.LocalTimeZone);
        }
    }

    private static EventFilter? ParseSince(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (HumanUnits.TryParseSpan(text, out var age))
        {
            return new EventFilter(null, age, null);
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time))
        {
            return new EventFilter(null, null, time);
        }

        result.AddError($"'{text}' is neither a duration like 10m nor a time like 2030-01-31T12:00:00Z.");
        return null;
    }
}
