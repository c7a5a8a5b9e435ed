using Nexus.Orchestrator;
using Nexus.ServiceDefaults;
using Nexus.ServiceDefaults.Health;

return HealthProbe.IsAskedFor(args)
    ? await HealthProbe.RunAsync(args, Console.Error)
    : await ServiceProgram.RunAsync(() => OrchestratorApp.Build(args), Console.Error);
