using System.Runtime.CompilerServices;

namespace Nexus.Simulation.Tests.Engine;

/// <summary>
/// .NET gives strings other hash codes in every process, and with them other orders to hashed collections. Here they are the
/// same in every process, so that a seed plays the same tomorrow.
/// </summary>
internal static class SameHashes
{
#pragma warning disable CA2255 // Before anything is hashed there is no later place than this.
    [ModuleInitializer]
    public static void Fix()
    {
        Strings(null) = 0x0123456789ABCDEFUL;
        _ = new HashCode();
        Combined(default) = 0x89ABCDEFU;
    }
#pragma warning restore CA2255

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "<DefaultSeed>k__BackingField")]
    private static extern ref ulong Strings([UnsafeAccessorType("System.Marvin, System.Private.CoreLib")] object? type);

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "s_seed")]
    private static extern ref uint Combined(HashCode type);
}
