using System.Globalization;
using Nexus.Bench.Reliability;
using Nexus.Bench.Reliability.Beds;
using Nexus.Bench.Reliability.Report;
using Nexus.Bench.Reliability.Rows;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Options.Read(args, [.. RowCatalog.All.Select(r => r.Name)], Console.Error) is not { } options)
{
    return 2;
}

using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(60));
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
await LightImage.BuildAsync(stop.Token);
var chosen = RowCatalog.All.Where(r => options.Rows.Count == 0 || options.Rows.Contains(r.Name)).ToList();
var results = new List<(RowPlan Plan, ResultRow? Result, string? Trouble)>();

// A cluster each: the pool's shape differs.
foreach (var group in chosen.GroupBy(r => r.WarmStandby))
{
    await using var bed = await NexusBed.StartAsync(new SpecShape(group.Key, "500ms"), [.. options.Cluster], stop.Token);
    await using var load = new BenchLoad(bed.Url);
    var script = new FaultScript(bed, load);
    var stage = new Stage(bed, script, new ControlFaults(bed, script, load), options);

    // The gateway's code has to be compiled before anything is measured.
    await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, stop.Token);
    foreach (var plan in group)
    {
        try
        {
            results.Add((plan, await RowCatalog.RunAsync(plan, stage, Console.Error.WriteLine, stop.Token), null));
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            results.Add((plan, null, e.Message));
            Console.Error.WriteLine($"{plan.Name}: {e.Message}");
        }
    }
}

Console.WriteLine(ResultTable.Head);
foreach (var (plan, result, trouble) in results)
{
    Console.WriteLine(result is null ? $"| {plan.Event} | | | | {trouble} | **no** |" : ResultTable.Line(result));
}

Console.WriteLine();
results.ForEach(r => Console.Write(r.Result is null ? "" : ResultTable.Notes(r.Result)));
return results.All(r => r.Result is { Holds: true }) ? 0 : 1;
