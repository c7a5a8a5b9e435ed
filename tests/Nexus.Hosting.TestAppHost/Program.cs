// An AppHost for the tests of Nexus.Hosting: run as a process of its own, or by the testing builder.
var builder = DistributedApplication.CreateBuilder(args);
switch (builder.Configuration["mode"])
{
    case "leave":
        return 7;
    case "throw":
        throw new InvalidOperationException("the AppHost says no");
}

int? port = int.TryParse(builder.Configuration["port"], out var fixedPort) ? fixedPort : null;
var greeting = builder.AddParameter("greeting", "hello");
var app = builder.AddProject<Projects.Nexus_Hosting_TestApp>("app")
    .WithHttpEndpoint(port)
    .WithHttpHealthCheck("/health")
    .WithEnvironment("GREETING", greeting);

// Has a child of its own, which its end would leave behind.
builder.AddExecutable("parent", "sh", ".", "-c", "sleep 1000 & echo child $!; wait")
    .WithReference(app)
    .WaitFor(app);

builder.Build().Run();
return Environment.ExitCode;
