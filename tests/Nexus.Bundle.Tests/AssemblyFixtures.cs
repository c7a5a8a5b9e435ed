[assembly: AssemblyFixture(typeof(Nexus.Bundle.Tests.InstalledNode))]
