using Nexus.WorkerAgent;

await using var app = WorkerAgentApplication.Build(args);
await app.RunAsync();
