using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

public sealed class VolumeAffinityTests
{
    [Theory]
    [InlineData("volumes: ['db-data:/data']", true, "the data of db-data is on one node", "a named volume stays by default")]
    [InlineData("volumes: ['db-data:/data:ro']", true, "the data of db-data is on one node", "what is read must be there, too")]
    [InlineData("volumes: ['db-data:/data'], placement: { volume_affinity: required }", true, null, "who says so is not warned")]
    [InlineData("volumes: ['db-data:/data'], placement: { volume_affinity: preferred }", false, null, "nor who gives the data up")]
    [InlineData("volumes: ['db-data:/data'], warm_standby: 1", false, "has an empty volume of its own", "standbys are on other nodes")]
    [InlineData("volumes: ['/srv/db:/data']", false, "/srv/db is the node's own", "a path may be the same everywhere")]
    [InlineData("volumes: ['/srv/db:/data'], placement: { volume_affinity: required }", true, null, "or not")]
    [InlineData("volumes: ['/etc/ssl:/ssl:ro']", false, null, "what is only read was put there")]
    [InlineData("volumes: ['/var/run/docker.sock:/sock']", false, null, "a socket holds no data")]
    [InlineData("port: 80", false, null, "no volume, no question")]
    public void Replicas_follow_named_volumes_unless_told_otherwise(string keys, bool stays, string? warning, string because)
    {
        Assert.NotEmpty(because);
        var read = SpecReader.Read($"worker_pools:\n  db: {{ image: db, min_replicas: 1, {keys} }}\n", "db.yaml");

        Assert.Equal(stays, Assert.Single(read.Spec!.Pools).StaysWithVolumes);
        var words = read.Problems.Where(p => p.Key == "worker_pools.db.volumes").Select(p => p.Message).ToList();
        if (warning is null)
        {
            Assert.Empty(words);
        }
        else
        {
            Assert.Contains(warning, Assert.Single(words), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Standbys_and_volumes_that_must_be_followed_exclude_each_other()
    {
        var read = SpecReader.Read(
            "worker_pools:\n  db: { image: db, warm_standby: 1, volumes: ['dd:/d'], placement: { volume_affinity: required } }\n", "db.yaml");

        Assert.Null(read.Spec);
        Assert.Equal("worker_pools.db.warm_standby", Assert.Single(read.Problems, p => p.Severity == SpecSeverity.Error).Key);
    }
}
