using Nexus.Samples.Web;

var settings = SampleSettings.FromEnvironment(Environment.GetEnvironmentVariable);
return await SampleProgram.RunAsync(settings, CancellationToken.None);
