using Nexus.Bench.Cluster;

string[] all = ["memory", "detect", "load"];
var chosen = args.Length == 0 ? all : args;
if (chosen.Except(all, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no bench '{unknown}'; there are: {string.Join(", ", all)}.");
    return 2;
}

using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(10));
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
await using var cluster = await BenchCluster.StartAsync(stop.Token);
foreach (var name in chosen)
{
    var line = name switch
    {
        "memory" => await MemoryBench.RunAsync(cluster, stop.Token),
        "detect" => await DetectionBench.RunAsync(cluster, stop.Token),
        _ => await LoadBench.RunAsync(cluster, stop.Token),
    };
    Console.WriteLine(line);
}

return 0;
