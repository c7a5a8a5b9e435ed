// A project resource for the tests of Nexus.Hosting: tells what it was started with, and dies on demand.
var app = WebApplication.CreateSlimBuilder(args).Build();
var healthy = args is not ["unhealthy"];
app.MapGet("/health", () => healthy ? Results.Ok() : Results.StatusCode(503));
app.MapGet("/recover", () => { healthy = true; });
app.MapGet("/pid", () => Environment.ProcessId);
app.MapGet("/env/{name}", (string name) => Environment.GetEnvironmentVariable(name) ?? "");
app.MapGet("/args", () => string.Join('|', args));
app.MapGet("/exit/{code:int}", (int code) =>
{
    Console.Error.WriteLine($"asked to exit with {code}");
    Environment.Exit(code);
});
await app.RunAsync();
