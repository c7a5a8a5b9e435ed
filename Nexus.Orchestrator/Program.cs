await Nexus.Orchestrator.OrchestratorApp.Build(args).RunAsync();
