using Nexus.Testing;

[assembly: AssemblyFixture(typeof(ConsulFixture))]
