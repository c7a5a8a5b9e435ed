using Nexus.ServiceDefaults.Health;

if (HealthProbe.IsAskedFor(args))
{
    return await HealthProbe.RunAsync(args, Console.Error);
}

await Nexus.Orchestrator.OrchestratorApp.Build(args).RunAsync();
return 0;
