using Nexus.Gateway;
using Nexus.ServiceDefaults;
using Nexus.ServiceDefaults.Health;

return HealthProbe.IsAskedFor(args)
    ? await HealthProbe.RunAsync(args, Console.Error)
    : await ServiceProgram.RunAsync(() => GatewayHost.Build(args), Console.Error);
