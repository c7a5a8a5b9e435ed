using Nexus.ServiceDefaults.Health;
using Nexus.WorkerAgent;

if (HealthProbe.IsAskedFor(args))
{
    return await HealthProbe.RunAsync(args, Console.Error);
}

await using var app = WorkerAgentApplication.Build(args);
await app.RunAsync();
return 0;
