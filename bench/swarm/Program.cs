using System.Globalization;
using Nexus.Bench.Reliability.Beds;
using Nexus.Bench.Reliability.Rows;
using Nexus.Bench.Swarm;

const string Usage = """
    dotnet run -c Release --project bench/swarm -- [--rounds N] [EVENT ...]
      --rounds N   rounds, in each of which every orchestrator has its turn (3)
    """;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (SideBySide.ReadArguments(args, Console.Error) is not var (rounds, events))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(60));
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
await LightImage.BuildAsync(stop.Token);
var table = new SideBySide(events);
for (var round = 1; round <= rounds; round++)
{
    // Interleaved, so that whatever else the machine does meets all of them; never together, for they would share its cores.
    foreach (var start in SideBySide.Contenders)
    {
        await using var bed = await start(stop.Token);
        await using var load = new BenchLoad(bed.Url);
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, stop.Token); // what compiles itself has to be warm
        await table.RunAsync(bed, new FaultScript(bed, load), round, Console.Error.WriteLine, stop.Token);
    }
}

Console.WriteLine(table.Write());
return 0;
