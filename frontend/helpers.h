/*
 * helpers.h - the three helpers: started with privilege, behind gatepost.socket, and started without privilege.
 *
 * Part of sendmail.c, as start.h is. Fixed at compile time, besides what start.h names: UNPRIVILEGED, SOCKET (absolute
 * paths). Only a test sets the time limits.
 */
#ifndef GATEPOST_HELPERS_H
#define GATEPOST_HELPERS_H

#include "../helper/start.h"
#include "answers.h"
#include "rights.h"

#include <poll.h>
#include <sys/un.h>
#include <time.h>

extern char **environ;

#ifndef CONNECT_MS
#define CONNECT_MS 30000 /* for a connection to gatepost.socket; systemd accepts at once, unless it is overloaded */
#endif
#ifndef ANSWER_MS
#define ANSWER_MS 120000 /* for the first frame from behind it; a password_command may take 30 s */
#endif

/* A helper, and how it ended. */
struct helper {
    int channel;
    int read_end; /* of the pipe by which a helper behind the socket notices our end; -1: none */
    bool is_behind_socket;
    bool has_sentence;
    bool has_sent_us_away;  /* it ended before it had read everything */
    bool was_silent;        /* it did not answer in time */
    int64_t first_frame_ms; /* deadline of the first frame, 0: none */
    int64_t heard_ms;       /* when it last sent something */
    bool was_kept_waiting;  /* it may have stopped within a frame until it has another one to send */
    int64_t torn_ms;        /* when an unfinished frame began, 0: no such frame */
    unsigned torn_frame;    /* its number */
};

static char sentence[FRAME_CONTENT_OCTETS + 1]; /* why there is no other helper; "" for no reason */

static int64_t now_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* never fails for a clock that exists */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int left_ms(int64_t until_ms)
{
    const int64_t left = until_ms - now_ms();
    return left < 0 ? 0 : (int)left;
}

/* Room for one descriptor beside octets. */
union rights {
    struct cmsghdr head;
    unsigned char octets[CMSG_SPACE(sizeof(int))];
};

/* Send octets and a descriptor (-1: none) without waiting. Return the result of sendmsg(2). */
static ssize_t send_octets(int target, struct iovec *parts, uint8_t count, int descriptor)
{
    union rights rights = {.octets = {0}};
    struct msghdr octets = {.msg_iov = parts, .msg_iovlen = count};
    if (descriptor >= 0) {
        rights.head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&rights.head), &descriptor, sizeof descriptor);
        octets.msg_control = &rights;
        octets.msg_controllen = sizeof rights.octets;
    }
    return sendmsg(target, &octets, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Store a reason for the next helper, from offset `at` on. Return its length. */
static size_t keep_sentence(size_t at, const void *octets, size_t length)
{
    const size_t room = sizeof sentence - 1 - at;
    const size_t kept = length < room ? length : room;
    memcpy(sentence + at, octets, kept);
    sentence[at + kept] = '\0';
    return at + kept;
}

static void keep_first_sentence(const char *words)
{
    if (sentence[0] == '\0') {
        (void)keep_sentence(0, words, strlen(words));
    }
}

/* In the new process: move the other end to CHANNEL. dup2 to the same number would keep the close-on-exec flag. */
static void move_to_channel(int end)
{
    if (end == CHANNEL ? fcntl(end, F_SETFD, 0) < 0 : dup2(end, CHANNEL) < 0) {
        _exit(STATUS_FAILED);
    }
    frontend_listens = true;
}

/*
 * Make a socketpair and a process. Return true in the new process. If that fails, there is no channel, and the reason
 * is kept, unless there is one already.
 */
static bool start_process(struct helper *helper)
{
    int ends[2];
    *helper = (struct helper){.channel = -1, .read_end = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        keep_first_sentence(errno == EMFILE ? LIMIT_TOO_LOW : NOT_SENT("cannot make a socketpair"));
        return false;
    }
    const pid_t child = fork();
    if (child == 0) {
        move_to_channel(ends[1]);
        return true;
    }
    (void)close(ends[1]); /* otherwise the end of the helper would go unnoticed */
    if (child > 0) {
        helper->channel = ends[0];
    } else {
        (void)close(ends[0]);
        keep_first_sentence(NO_SECOND_PROCESS);
    }
    return false;
}

__attribute__((noreturn)) static void execute_launcher(void)
{
    static char launcher[] = LAUNCHER;
    char *const arguments[] = {launcher, NULL};
    char *const environment[] = {NULL};
    (void)execve(launcher, arguments, environment);
    refuse(NOT_SENT(LAUNCHER " cannot be executed: sudo gatepost check"));
}

static char *variable(const char *name_and_equals)
{
    const size_t length = strlen(name_and_equals);
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, name_and_equals, length) == 0) {
            return *at;
        }
    }
    return NULL;
}

/*
 * Become the helper without privilege. Its process is as clean as the other's, except that it keeps the caller's
 * working directory, because -C may name a file there, and the variables that the caller's password_command needs. For
 * root it keeps no variable.
 */
__attribute__((noreturn)) static void execute_unprivileged(bool as_root)
{
    static char python[] = PYTHON;
    static char isolated[] = "-I";
    static char no_site[] = "-S";
    static char no_bytecode[] = "-B";
    static char helper[] = UNPRIVILEGED;
    static char path[] = "PATH=/usr/bin:/bin";
    static const char *const names[] = {"HOME=", "XDG_CONFIG_HOME=", "XDG_RUNTIME_DIR=", "DBUS_SESSION_BUS_ADDRESS="};
    char *const arguments[] = {python, isolated, no_site, no_bytecode, helper, sentence[0] == '\0' ? NULL : sentence,
                               NULL};
    char *environment[sizeof names / sizeof names[0] + 2] = {path};
    size_t variables = 1;

    for (size_t at = 0; at < sizeof names / sizeof names[0] && !as_root; at++) {
        char *const given = variable(names[at]);
        if (given != NULL) {
            environment[variables++] = given;
        }
    }
    build_process();
    (void)execve(python, arguments, environment);
    refuse_unexecuted();
}

/* Connect, and wait while the backlog is full (EAGAIN). Return the connection, or -1 with errno set. */
static int connect_to_socket(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    const int64_t until_ms = now_ms() + CONNECT_MS;
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) {
        return -1;
    }
    for (;;) {
        const int left = left_ms(until_ms);
        const struct timeval limit = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 + 1};
        if (setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
            connect(connection, (const struct sockaddr *)&address, sizeof address) == 0) {
            return connection;
        }
        if ((errno != EAGAIN && errno != EINTR) || left == 0) {
            const int problem = errno == EAGAIN || errno == EINTR ? ETIMEDOUT : errno;
            (void)close(connection);
            errno = problem;
            return -1;
        }
    }
}

/*
 * The kernel tells the helper behind the socket who connected. By then this process has given root up. So another
 * process keeps root's uid, without capabilities and without any other open file, and connects when it is told to. It
 * ends with this one. If there is no socket, there is no such process.
 */
__attribute__((noreturn)) static void connect_for_frontend(int ours)
{
    unsigned char octet = 0;
    if (dup2(ours, 0) != 0 || syscall(SYS_close_range, 1, ~0U, 0) != 0 || chdir("/") != 0) {
        _exit(STATUS_FAILED);
    }
    give_up_all_but_name();
    if (recv(0, &octet, sizeof octet, 0) != sizeof octet) {
        _exit(0);
    }
    const int connection = connect_to_socket();
    const int problem = connection < 0 ? errno : 0;
    struct iovec part = {.iov_base = (void *)(uintptr_t)&problem, .iov_len = sizeof problem};
    _exit(send_octets(0, &part, 1, connection) < 0);
}

/* Start it. Return our end of the socketpair, -1 if there is no socket. */
static int leave_connector(void)
{
    struct stat file;
    int ends[2];
    if (stat(SOCKET, &file) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        connect_for_frontend(ends[1]);
    }
    (void)close(ends[1]);
    return ends[0];
}

/* Let that process connect. Return the connection, or -1 with errno set. */
static int connect_as_root(int connector)
{
    union rights rights = {.octets = {0}};
    int problem = ECONNREFUSED; /* if that process has ended */
    int connection = -1;
    struct iovec part = {.iov_base = &problem, .iov_len = sizeof problem};
    struct msghdr answer = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights.octets};
    ssize_t count = send(connector, "", 1, MSG_NOSIGNAL);
    while (count == 1 || (count < 0 && errno == EINTR)) {
        count = recvmsg(connector, &answer, MSG_CMSG_CLOEXEC);
    }
    if (count == sizeof problem && problem == 0 && answer.msg_controllen >= CMSG_LEN(sizeof connection) &&
        rights.head.cmsg_type == SCM_RIGHTS) {
        memcpy(&connection, CMSG_DATA(&rights.head), sizeof connection);
    }
    errno = problem;
    return connection;
}

/* Append the reason why gatepost.socket cannot be used. */
static void keep_problem_of_socket(int problem)
{
    static const char words[] = ", and " SOCKET " cannot be connected to: ";
    if (problem != ENOENT && problem != EMFILE) { /* there is no socket, or no descriptor is left to try it */
        const char *const reason = strerror(problem);
        const size_t at = keep_sentence(strlen(sentence), words, sizeof words - 1);
        (void)keep_sentence(at, reason, strlen(reason));
    }
}

/* Connect. The helper notices our end by a pipe to which nothing is written. Its read end goes with the hello. */
static void connect_helper(struct helper *helper, int connector)
{
    int ends[2];
    *helper = (struct helper){.channel = -1, .read_end = -1, .is_behind_socket = true};
    if (pipe2(ends, O_CLOEXEC) == 0) {
        helper->read_end = ends[0]; /* the write end stays open until this process ends */
        helper->channel = connector < 0 ? connect_to_socket() : connect_as_root(connector);
    }
    if (helper->channel < 0) {
        keep_problem_of_socket(errno);
    }
    helper->first_frame_ms = now_ms() + ANSWER_MS;
}

/* Start the helper without privilege, with the reason, if there is one. */
static void start_unprivileged(struct helper *helper, bool as_root)
{
    if (start_process(helper)) {
        execute_unprivileged(as_root);
    }
    helper->has_sentence = sentence[0] != '\0';
}

#endif
