using Nexus.Gateway;
using Nexus.ServiceDefaults.Health;

if (HealthProbe.IsAskedFor(args))
{
    return await HealthProbe.RunAsync(args, Console.Error);
}

await using var app = GatewayHost.Build(args);
await app.RunAsync();
return 0;
