using BenchmarkDotNet.Running;
using Nexus.Bench.Core;

if (args is ["--line"])
{
    ReconcileLine.Print();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(ReconcileBenchmarks).Assembly).Run(args);
