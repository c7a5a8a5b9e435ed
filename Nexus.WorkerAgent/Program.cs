using Nexus.ServiceDefaults;
using Nexus.ServiceDefaults.Health;
using Nexus.WorkerAgent;

return HealthProbe.IsAskedFor(args)
    ? await HealthProbe.RunAsync(args, Console.Error)
    : await ServiceProgram.RunAsync(() => WorkerAgentApplication.Build(args), Console.Error);
