using Nexus.ServiceDefaults.Memory;

namespace Nexus.ServiceDefaults.Tests;

public sealed class ImagePagesTests
{
    private static readonly string[] Smaps =
    [
        "55f0a0000000-55f0a0001000 r-xp 00000000 fe:00 11                         /usr/bin/dotnet", "Anonymous:             0 kB",
        "7f0000000000-7f0000010000 r--p 00000000 fe:00 12                         /usr/share/dotnet/System.Linq.dll", "Rss:   64 kB", "Anonymous:             0 kB",
        "7f0000010000-7f0000020000 r-xp 00010000 fe:00 12                         /usr/share/dotnet/System.Linq.dll", "Anonymous:             0 kB",
        "7f0000020000-7f0000021000 rw-p 00020000 fe:00 12                         /usr/share/dotnet/System.Linq.dll", "Anonymous:             0 kB",
        "7f0000030000-7f0000031000 r--p 00000000 fe:00 13                         /lib/libc.so.6", "Anonymous:             4 kB",
        "7f0000040000-7f0000041000 r-xp 00001000 fe:00 13                         /lib/libc.so.6", "Anonymous:             0 kB",
        "7f0000050000-7f0000051000 r-xp 00000000 00:00 0", "Anonymous:             0 kB",
        "7f0000060000-7f0000061000 r--s 00000000 fe:00 14                         /usr/lib/locale/locale-archive", "Anonymous:             0 kB",
    ];

    [Fact]
    public void CleanImages_finds_program_files_that_were_never_written() => Assert.Equal(
        [(0x7f0000000000, 0x7f0000010000), (0x7f0000010000, 0x7f0000020000), (0x7f0000040000, 0x7f0000041000)],
        ImagePages.CleanImages(Smaps));

    [Fact]
    public void Unmap_leaves_a_process_that_works()
    {
        ImagePages.Unmap();

        Assert.Equal(["a", "b"], new[] { "b", "a" }.Order(StringComparer.Ordinal));
        Assert.NotEmpty(ImagePages.CleanImages(File.ReadLines("/proc/self/smaps")));
    }
}
