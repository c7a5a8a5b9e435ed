using CsCheck;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Hosts are found by reading what a value is, never by looking for a name in it.</summary>
public sealed class HostReferencesTests
{
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase) { "db", "cache", "shop", "rabbit", "s1", "s2", "web", "es" };

    public static TheoryData<string, string, string, string> Variables => new()
    {
        { "URL", "postgresql://shop:shop@db:5432/shop", "db:5432", "neither the user nor the database" },
        { "URL", "postgres://shop@db/shop?application_name=web", "db:5432", "the usual port of the scheme" },
        { "BROKER_VHOST", "shop", "", "a part of a broker, not a host" },
        { "URL", "mongodb://shop:pw@s1:27017,s2:27018/shop?replicaSet=rs", "s1:27017 s2:27018", "several hosts" },
        { "URL", "amqp://shop:p%40ss@rabbit//", "rabbit:5672", "an encoded password" },
        { "URL", "redis://:web@cache:6379/0", "cache:6379", "a password without a user" },
        { "URL", "http://[::1]:80/db", "", "IPv6, and a path" },
        { "URL", "https://example.org/db?to=cache", "", "another host" },
        { "URL", "postgres://shop:12/34@db/shop", "", "a password that is not encoded: unsure" },
        { "URL", "postgresql:///shop?host=db&port=5432", "db:5432", "a host in the query" },
        { "HOSTS", "http://s1:9200,http://s2:9200", "s1:9200 s2:9200", "several URLs" },
        { "HOSTS", "[\"http://es:9200\"]", "es:9200", "a list within a text" },
        { "KAFKA_LISTENERS", "PLAINTEXT://s1:9092;CONTROLLER://s2:9093", "s1:9092 s2:9093", "separated by semicolons" },
        { "VOTERS", "1@s1:9093,2@s2:9093", "s1:9093 s2:9093", "ids in front" },
        { "SPRING_DATASOURCE_URL", "jdbc:mysql://db:3306,s1/shop?user=shop", "db:3306 s1:3306", "JDBC" },
        { "SPRING_DATASOURCE_URL", "jdbc:sqlserver://db:1433;databaseName=shop;user=web", "db:1433", "JDBC of SQL Server" },
        { "SPRING_DATASOURCE_URL", "jdbc:oracle:thin:@db:1521:shop", "db:1521", "JDBC of Oracle" },
        { "SPRING_DATASOURCE_URL", "jdbc:oracle:thin:@//db:1521/shop", "db:1521", "its other form" },
        { "ConnectionStrings__Default", "Host=db;Port=5433;Database=shop;Username=shop;Password=cache", "db:5433", "ADO.NET" },
        { "ConnectionStrings__Default", "Server=tcp:db,1433;Initial Catalog=shop;User ID=shop", "db:1433", "SQL Server's comma" },
        { "ConnectionStrings__Default", "Data Source=db;User Id=web", "db", "another word for it" },
        { "ConnectionStrings__Redis", "cache:6379,password=web,user=shop", "cache:6379", "StackExchange.Redis" },
        { "ConnectionStrings__Bus", "Username=db;Password=cache", "", "no host at all" },
        { "DSN", "host=db port=5432 user=shop dbname=cache", "db:5432", "libpq" },
        { "DSN", "mysql:host=db;port=3306;dbname=shop", "db:3306", "PDO" },
        { "DSN", "shop:1234@tcp(db:3306)/shop?parseTime=true", "db:3306", "Go" },
        { "HOSTS", "db,cache", "db cache", "bare words where the name says hosts" },
        { "PGHOST", "db", "db", "no seam between its words" },
        { "DB_HOST_NAME", "db", "db", "" },
        { "database__connection__host", "db", "db", "" },
        { "MEMCACHED_SERVERS", "s1:11211 s2:11211", "s1:11211 s2:11211", "separated by spaces" },
        { "QUEUE", "rabbit:5672", "rabbit:5672", "a port makes it a host" },
        { "REDIS_HOSTS", "local:cache:6379", "cache:6379", "labelled" },
        { "POSTGRES_DB", "db", "", "a database" },
        { "POSTGRES_USER", "shop", "", "a user" },
        { "DB_PASSWORD", "db:5432", "", "a password" },
        { "CACHE_DRIVER", "cache", "", "a driver" },
        { "BASE_IMAGE", "web:8080", "", "an image" },
        { "FROM", "cache:7", "", "a tag rather than a port" },
        { "QUEUE_NAME", "rabbit", "", "a name" },
        { "MESSAGE", "the db and the cache, see web", "", "prose" },
        { "BUCKET", "s3://shop/web", "", "a bucket" },
        { "DATABASE_URL", "sqlite:///db", "", "a file" },
        { "APP", "a=a=a=a=a=a=a=a=a=a=db:5432", "", "no end of equals signs" },
    };

    public static TheoryData<string[], string, string> Commands => new()
    {
        { ["--cache", "redis://cache:6379"], "cache:6379", "an argument" },
        { ["serve", "--db-host=db", "--db-name=shop"], "db", "an option with its value" },
        { ["psql", "-h", "db", "-U", "shop", "-d", "web"], "db", "the host alone" },
        { ["mysql", "-hdb", "-ushop"], "db", "attached" },
        { ["celery", "-A", "shop", "worker"], "", "an application's name" },
        { ["web"], "", "a program's name" },
        { ["sh", "-c", "until nc -z db 5432; do sleep 1; done; exec serve --broker rabbit:5672"], "db:5432 rabbit:5672", "a script" },
        { ["./wait-for-it.sh", "db:5432", "--", "npm", "start"], "db:5432", "a script that waits" },
        { ["redis-server", "--replicaof", "cache", "6379"], "cache:6379", "two words" },
        { ["java", "-Dspring.datasource.url=jdbc:postgresql://db/shop", "-jar", "web.jar"], "db:5432", "a property" },
        { ["CMD", "curl", "-f", "http://web:8080/health"], "web:8080", "a health check" },
        { ["CMD-SHELL", "pg_isready -U shop -d db"], "", "a user and a database" },
    };

    [Theory]
    [MemberData(nameof(Variables))]
    public void A_value_is_read(string name, string value, string expected, string because) =>
        AssertFound(expected, HostReferences.In(name, value), because);

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_is_read(string[] words, string expected, string because) => AssertFound(expected, CommandHosts.In(words), because);

    [Fact]
    public void No_text_makes_it_throw() => Gen.Select(Gen.Char["ab:/@=;, -.[]()\"'{}?&#h0"].Array[0, 60], Gen.String).Sample(
        (letters, any) => HostReferences.In("HOST", new string(letters)).Concat(HostReferences.In("X", any)).Concat(CommandHosts.In([new string(letters), any])).Count() >= 0,
        iter: 2000);

    private static void AssertFound(string expected, IEnumerable<HostReference> references, string because)
    {
        var found = string.Join(' ', references.Where(one => Known.Contains(one.Host)).Select(one => one.Port is { } port ? $"{one.Host}:{port}" : one.Host).Distinct(StringComparer.Ordinal));
        Assert.True(expected == found, $"{because}: found '{found}'");
    }
}
