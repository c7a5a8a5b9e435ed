/*
 * The workload of benchmarks and multi-host tests: a small HTTP/1.1 server that starts in a millisecond, so that what is
 * measured is the orchestrator. One thread, epoll, keep-alive; replies to slow requests wait in their connection.
 *
 *   GET  /             who I am, in a line        GET  /slow?ms=N   the same after N milliseconds
 *   GET  /whoami       who I am, as JSON          POST /health/break, POST /health/mend
 *   GET  /health       200, or 503                any other path: 404; a body is read and dropped
 *
 * SIGTERM: takes no new connections, finishes what is under way, exits 0. Environment:
 *   PORT (8080)        VERSION (1)
 *   EXIT_AFTER_MS=N    exits with 1 after N milliseconds: a broken deploy
 *   NEVER_HEALTHY=1    /health answers 503
 *   START_DELAY_MS=N   listens after N milliseconds only
 * `web -probe` asks the server of its own container for /health and exits 0 or 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 8192
#define HEAD 8192

struct connection {
    int open, closing;  /* closing: after the reply under way */
    size_t length;      /* bytes of the head read so far */
    long long body;     /* bytes of a body still to be dropped */
    long long due;      /* when the reply is sent; 0: none waits */
    char head[HEAD];
};

static struct connection *connections[MAX_CONNECTIONS];
static int epoll_fd, listen_fd, top, waiting, opened, stopping, health = 200;
static char hostname[64];
static const char *version;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const char *setting(const char *name, const char *usual)
{
    const char *value = getenv(name);
    return value && *value ? value : usual;
}

static void hang_up(int fd)
{
    struct connection *c = connections[fd];
    if (c->due) waiting--;
    c->open = 0;
    c->due = 0;
    opened--;
    close(fd);
}

static int who(char *body, size_t size, int json)
{
    return snprintf(body, size, json
        ? "{\"allocation\":\"%s\",\"pool\":\"%s\",\"node\":\"%s\",\"hostname\":\"%s\",\"pid\":%d,\"version\":\"%s\"}\n"
        : "Hello from allocation '%s' of pool '%s' on node '%s', host %s (pid %d), version %s\n",
        setting("NEXUS_ALLOCATION", ""), setting("NEXUS_POOL", ""), setting("NEXUS_NODE", ""), hostname, getpid(), version);
}

/* Sends the reply; replies are small, so a socket that does not take one at once is given up. */
static void reply(int fd)
{
    struct connection *c = connections[fd];
    char target[512] = "", body[1024], answer[2048];
    int status = 200, size;
    const char *type = "text/plain";
    sscanf(c->head, "%*s %511s", target);
    size_t path = strcspn(target, "?");
    int post = strncmp(c->head, "POST ", 5) == 0;
#define IS(text) (path == sizeof(text) - 1 && memcmp(target, text, sizeof(text) - 1) == 0)
    if (IS("/health/break") && post) health = 503;
    if (IS("/health/mend") && post) health = 200;
    if (IS("/health")) {
        status = health;
        size = snprintf(body, sizeof body, "%d\n", status);
    } else if (IS("/") || IS("/slow") || IS("/health/break") || IS("/health/mend")) {
        size = who(body, sizeof body, 0);
    } else if (IS("/whoami")) {
        type = "application/json";
        size = who(body, sizeof body, 1);
    } else {
        status = 404;
        size = snprintf(body, sizeof body, "no such path\n");
    }
    if (stopping) c->closing = 1;
    int length = snprintf(answer, sizeof answer,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
        status, status == 200 ? "OK" : status == 404 ? "Not Found" : "Service Unavailable", type, size,
        c->closing ? "Connection: close\r\n" : "", strncmp(c->head, "HEAD ", 5) == 0 ? "" : body);
    if (c->due) waiting--;
    c->due = 0;
    if (send(fd, answer, (size_t)length, MSG_NOSIGNAL) != length || c->closing) hang_up(fd);
}

/* The value of a header in a zero-terminated head; null without it. */
static const char *header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') return line + 3 + length + strspn(line + 3 + length, " ");
    return NULL;
}

/* Takes requests out of what was read, one by one; the next waits until this one is answered. */
static void consume(int fd)
{
    struct connection *c = connections[fd];
    while (c->open && !c->due && c->length > 0) {
        if (c->body > 0) {
            size_t drop = c->length < (size_t)c->body ? c->length : (size_t)c->body;
            memmove(c->head, c->head + drop, c->length -= drop);
            c->body -= (long long)drop;
            continue;
        }
        char *end = memmem(c->head, c->length, "\r\n\r\n", 4);
        if (!end) return;
        char rest[HEAD];
        size_t used = (size_t)(end + 4 - c->head), left = c->length - used;
        memcpy(rest, end + 4, left);
        end[2] = 0;
        const char *value = header(c->head, "Content-Length"), *close_it = header(c->head, "Connection");
        c->body = value ? atoll(value) : 0;
        c->closing = header(c->head, "Transfer-Encoding") || (close_it && strncasecmp(close_it, "close", 5) == 0)
            || strstr(c->head, " HTTP/1.0\r\n");
        const char *ms = strncmp(strchrnul(c->head, ' '), " /slow?ms=", 10) == 0 ? strchr(c->head, '=') + 1 : NULL;
        if (ms && atoll(ms) > 0) {
            c->due = now_ms() + atoll(ms);
            waiting++;
        } else {
            reply(fd);
        }
        if (!c->open) return;
        /* While a slow reply waits its head is still needed; what came after it would be a pipeline, which nobody sends. */
        if (c->due) { c->length = 0; return; }
        memcpy(c->head, rest, c->length = left);
    }
}

static void readable(int fd)
{
    struct connection *c = connections[fd];
    char spare[HEAD];
    int busy = c->due != 0;
    ssize_t n = recv(fd, busy ? spare : c->head + c->length, busy ? sizeof spare : HEAD - 1 - c->length, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0 || (!busy && c->length + (size_t)n >= HEAD - 1)) { hang_up(fd); return; }
    if (busy) { c->body -= n; return; }
    c->length += (size_t)n;
    consume(fd);
}

static void accept_all(void)
{
    for (int fd; (fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= MAX_CONNECTIONS || (!connections[fd] && !(connections[fd] = malloc(sizeof(struct connection))))) { close(fd); continue; }
        memset(connections[fd], 0, offsetof(struct connection, head));
        connections[fd]->open = 1;
        opened++;
        if (fd > top) top = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
    }
}

static void begin_stop(void)
{
    if (stopping) return;
    accept_all(); /* Whoever was let in by the kernel is served. */
    stopping = 1;
    close(listen_fd);
    for (int fd = 0; fd <= top; fd++) {
        if (connections[fd] && connections[fd]->open) readable(fd); /* A request may have come already. */
        if (connections[fd] && connections[fd]->open && !connections[fd]->due && connections[fd]->length == 0) hang_up(fd);
    }
    printf("stopping: %d requests under way\n", waiting);
}

static struct sockaddr_in address_of(const char *ip, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, ip, &address.sin_addr);
    return address;
}

static int probe(int port)
{
    struct sockaddr_in address = address_of("127.0.0.1", port);
    struct timeval patience = {.tv_sec = 1};
    char answer[64] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    static const char ask[] = "GET /health HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n";
    if (connect(fd, (struct sockaddr *)&address, sizeof address) || send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) < 0) return 1;
    return recv(fd, answer, sizeof answer - 1, 0) > 12 && memcmp(answer + 8, " 200", 4) == 0 ? 0 : 1;
}

static int listen_on(int port)
{
    struct sockaddr_in address = address_of("0.0.0.0", port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) { perror("web: cannot listen"); exit(2); }
    return fd;
}

int main(int argc, char **argv)
{
    int port = atoi(setting("PORT", "8080"));
    if (argc > 1 && strcmp(argv[1], "-probe") == 0) return probe(port);
    setvbuf(stdout, NULL, _IOLBF, 0);
    version = setting("VERSION", "1");
    if (atoi(setting("NEVER_HEALTHY", "0"))) health = 503;
    gethostname(hostname, sizeof hostname - 1);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int signal_fd = signalfd(-1, &signals, SFD_NONBLOCK);
    usleep((useconds_t)atoi(setting("START_DELAY_MS", "0")) * 1000);
    long long exit_at = getenv("EXIT_AFTER_MS") ? now_ms() + atoll(getenv("EXIT_AFTER_MS")) : 0;
    listen_fd = listen_on(port);
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = listen_fd});
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, signal_fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = signal_fd});
    printf("web %s: listening on port %d\n", version, port);
    while (!stopping || opened > 0) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll_fd, events, 256, waiting || exit_at ? 1 : -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == signal_fd) begin_stop();
            else if (fd == listen_fd && !stopping) accept_all();
            else if (connections[fd] && connections[fd]->open) readable(fd);
        }
        long long now = waiting || exit_at ? now_ms() : 0;
        for (int fd = 0; waiting && fd <= top; fd++)
            if (connections[fd] && connections[fd]->open && connections[fd]->due && connections[fd]->due <= now) reply(fd);
        if (exit_at && now >= exit_at) { printf("web %s: exiting, as EXIT_AFTER_MS says\n", version); return 1; }
    }
    printf("stopped\n");
    return 0;
}
