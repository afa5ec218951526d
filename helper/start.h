/*
 * start.h - what both C programs do to start the helper: refuse in one sentence, find the two accounts, build a
 * process from nothing, execute the interpreter.
 *
 * sendmail.c has no set-id bit and starts the helper for root. launcher.c is the set-id program and starts it for
 * everybody else (SECURITY.md, "The story"). Nothing here allocates memory, builds a string, or reads an argument or a
 * variable of the caller.
 *
 * Fixed at compile time: PYTHON, HELPER, LAUNCHER (absolute paths), SERVICE_USER, STANDIN_USER (names). Only a test
 * sets ACCOUNTS.
 */
#ifndef GATEPOST_START_H
#define GATEPOST_START_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef ACCOUNTS
#define ACCOUNTS "/etc/passwd"
#endif

enum {
    CHANNEL = 3,       /* the socketpair's end, in the frontend and in the helper */
    STATUS_FAILED = 1, /* the configuration, and so exit_codes, is not known yet */
    MEGABYTE = 1024 * 1024
};

static bool frontend_listens; /* on CHANNEL; until then, descriptor 3 may be the caller's */

#define NOT_SENT(reason) "sendmail: not sent: " reason
#define NO_SECOND_PROCESS NOT_SENT("cannot start a second process (process limit?)")
#define LIMIT_TOO_LOW NOT_SENT("a resource limit of the caller is too low (open files, address space, data or stack)")

/*
 * Say why there is no helper, and exit. The frontend gets the sentence in a frame of the wire (a letter, two octets of
 * length, the sentence). It looks for another helper, and shows the sentence if there is none. Without a frontend, the
 * caller gets the sentence.
 */
__attribute__((noreturn)) static void refuse(const char *sentence)
{
    const size_t length = strlen(sentence);
    unsigned char head[] = {'c', (unsigned char)(length >> 8), (unsigned char)(length & 0xff)};
    unsigned char line_end[] = {'\n'};
    const struct iovec line = {.iov_base = (void *)(uintptr_t)sentence, .iov_len = length};
    if (frontend_listens) {
        struct iovec parts[] = {{head, sizeof head}, line};
        const struct msghdr answer = {.msg_iov = parts, .msg_iovlen = sizeof parts / sizeof parts[0]};
        (void)!sendmsg(CHANNEL, &answer, MSG_NOSIGNAL); /* a frontend that has ended needs no answer */
    } else {
        const struct iovec parts[] = {line, {line_end, sizeof line_end}};
        (void)!writev(STDERR_FILENO, parts, sizeof parts / sizeof parts[0]);
    }
    _exit(STATUS_FAILED);
}

/* The inode number that Linux gives to the initial user namespace (PROC_USER_INIT_INO, include/linux/proc_ns.h). */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

static bool in_user_namespace(void)
{
    struct stat name_space;
    return stat("/proc/self/ns/user", &name_space) == 0 && name_space.st_ino != INITIAL_USER_NAMESPACE;
}

static const char IN_USER_NAMESPACE[] =
    NOT_SENT("this process is in a user namespace, so the kernel ignores the set-id bit of " LAUNCHER);

struct account {
    uid_t uid;
    gid_t gid;
};

/*
 * The state of the parser of /etc/passwd within a line "name:password:uid:gid:...". It has a fixed size and takes one
 * octet at a time, so a line may have any length.
 */
struct passwd_line {
    unsigned field;
    size_t matched; /* octets of the name that match so far */
    bool other;     /* this line is for another account */
    bool digits;    /* the current field has a digit */
    uint64_t ids[2];
};

/* Take one octet. True if it ends a line of the wanted account. */
static bool passwd_octet(struct passwd_line *line, const char *name, char octet)
{
    if (octet == '\n') {
        const bool found = !line->other && line->field >= 4;
        *line = (struct passwd_line){0};
        return found;
    }
    if (line->other) {
        return false;
    }
    if (octet == ':') {
        if ((line->field == 0 && name[line->matched] != '\0') ||
            ((line->field == 2 || line->field == 3) && !line->digits)) {
            line->other = true;
        }
        line->field++;
        line->digits = false;
        return false;
    }
    if (line->field == 0) {
        line->other = octet == '\0' || name[line->matched] != octet; /* a NUL would match the end of the name */
        line->matched++;
    } else if (line->field == 2 || line->field == 3) {
        uint64_t *id = &line->ids[line->field - 2];
        *id = *id * 10 + (uint64_t)(octet - '0');
        line->digits = true;
        /* setresuid(2) takes -1 as "leave unchanged", so no account may have it (CVE-2019-14287). */
        line->other = octet < '0' || octet > '9' || *id >= UINT32_MAX;
    }
    return false;
}

/*
 * Find a local account by name, without the name-service switch: a static program must not load its modules, and the
 * network must not decide which user root becomes.
 */
static bool find_account(const char *name, struct account *account)
{
    struct passwd_line line = {0};
    char octets[4096];
    const int file = open(ACCOUNTS, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    for (;;) {
        const ssize_t count = read(file, octets, sizeof octets);
        if (count <= 0) {
            (void)close(file);
            return false;
        }
        for (ssize_t at = 0; at < count; at++) {
            const uint64_t uid = line.ids[0];
            const uint64_t gid = line.ids[1];
            if (passwd_octet(&line, name, octets[at])) {
                (void)close(file);
                *account = (struct account){.uid = (uid_t)uid, .gid = (gid_t)gid};
                return uid != 0 && gid != 0; /* root cannot be the service user */
            }
        }
    }
}

/* Find both accounts. Return why they cannot be used, NULL if they can. */
static const char *problem_of_accounts(struct account *service, struct account *standin)
{
    if (!find_account(SERVICE_USER, service)) {
        return NOT_SENT("the service user " SERVICE_USER " is not in /etc/passwd, or is root: sudo gatepost check");
    }
    if (!find_account(STANDIN_USER, standin) || standin->uid == service->uid) {
        return NOT_SENT("the stand-in user " STANDIN_USER
                        " is not in /etc/passwd, or is root or the service user: sudo gatepost check");
    }
    return NULL;
}

/* Connect standard input, output and error to /dev/null. The helper uses only the channel. */
static void silence_descriptors(void)
{
    const int nowhere = open("/dev/null", O_RDWR);
    if (nowhere < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0) {
        refuse(NOT_SENT("cannot open /dev/null"));
    }
    if (syscall(SYS_close_range, CHANNEL + 1, ~0U, 0) != 0) {
        refuse(NOT_SENT("the kernel is older than 5.9: it has no close_range"));
    }
}

/* Blocked or ignored signals and running timers survive execve(2). A caller must not choose when the helper dies. */
static void reset_signals(void)
{
    const struct itimerval never = {{0, 0}, {0, 0}};
    const unsigned long by_default[8] = {0}; /* the kernel's struct sigaction, 32 octets; SIG_DFL is 0 */
    const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
    sigset_t none;
    for (size_t at = 0; at < sizeof timers / sizeof timers[0]; at++) {
        if (setitimer((__typeof__(ITIMER_REAL))timers[at], &never, NULL) != 0) {
            refuse(NOT_SENT("cannot stop the caller's timers"));
        }
    }
    for (int number = 1; number <= SIGRTMAX; number++) {
        /* The C library refuses to change its own two signals, and its posix_spawn(3) passes them on ignored. So this
           calls the kernel. SIGKILL and SIGSTOP cannot be changed by anybody. */
        (void)syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(uint64_t));
    }
    if (sigemptyset(&none) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        refuse(NOT_SENT("cannot reset the caller's signal mask"));
    }
}

/*
 * Raise one limit to its hard value, at most to `enough`. Below `minimum` the interpreter dies in random ways. False if
 * the kernel refuses to read or change it, as for a service whose system calls are filtered.
 */
static bool raise_limit(__typeof__(RLIMIT_CORE) resource, rlim_t minimum, rlim_t enough)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) {
        return false;
    }
    const rlim_t wanted = limit.rlim_max < enough ? limit.rlim_max : enough;
    if (wanted < minimum) {
        refuse(LIMIT_TOO_LOW);
    }
    if (limit.rlim_cur == wanted) {
        return true;
    }
    limit.rlim_cur = wanted;
    return setrlimit(resource, &limit) == 0;
}

static bool raise_limits(void)
{
    return raise_limit(RLIMIT_NOFILE, 16, 1024) && raise_limit(RLIMIT_AS, 64 * MEGABYTE, RLIM_INFINITY) &&
           raise_limit(RLIMIT_DATA, 32 * MEGABYTE, RLIM_INFINITY) && raise_limit(RLIMIT_CPU, 0, RLIM_INFINITY) &&
           raise_limit(RLIMIT_FSIZE, 0, RLIM_INFINITY);
}

static void reset_limits(void)
{
    const struct rlimit no_core = {0, 0};
    if (!raise_limits() || !raise_limit(RLIMIT_STACK, MEGABYTE, 8 * MEGABYTE)) {
        refuse(NOT_SENT("cannot raise a resource limit"));
    }
    if (setrlimit(RLIMIT_CORE, &no_core) != 0) {
        refuse(NOT_SENT("cannot disable core files"));
    }
}

/*
 * Reset what else survives execve(2), even a set-id one: the machine that uname(2) reports, a ban on the time stamp
 * counter, and the timer slack. A service whose system calls are filtered may not set the personality, so it is only
 * set if it differs, and a failure does not matter. SECURITY.md, "What a caller hands down", lists what is not reset,
 * and why.
 */
static void reset_attributes(void)
{
    enum { TIMER_SLACK_NS = 50000 };
    if (personality(0xffffffffUL) > PER_LINUX) {
        (void)personality(PER_LINUX);
    }
#ifdef __x86_64__
    (void)prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
#endif
    (void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
}

/* A change of user beyond that user's process limit succeeds, but the next execve(2) fails. */
__attribute__((noreturn)) static void refuse_unexecuted(void)
{
    refuse(errno == EAGAIN ? NO_SECOND_PROCESS : NOT_SENT(PYTHON " cannot be executed"));
}

/* Reset everything that a caller could choose for the helper: descriptors, signals, timers, limits, terminal, umask. */
static void build_process(void)
{
    (void)umask(077);
    silence_descriptors();
    reset_signals();
    reset_limits();
    reset_attributes();
    (void)setsid(); /* fails only for the leader of a process group; its terminal is of no use to the caller either */
}

/*
 * Become the helper. argv[0] is the absolute path of the interpreter: with a bare name, or with PYTHONEXECUTABLE in the
 * environment, CPython uses a pyvenv.cfg of the caller's, in spite of -I and -S. The user and group ids do not change:
 * only "real = caller, effective = saved = service user" keeps the kernel's secure-execution mode.
 */
__attribute__((noreturn)) static void execute_helper(void)
{
    static char python[] = PYTHON;
    static char isolated[] = "-I";
    static char no_site[] = "-S";
    static char no_bytecode[] = "-B";
    static char helper[] = HELPER;
    static char path[] = "PATH=/usr/bin:/bin";
    char *const arguments[] = {python, isolated, no_site, no_bytecode, helper, NULL};
    char *const environment[] = {path, NULL};

    if (chdir("/") != 0) {
        refuse(NOT_SENT("cannot change to /"));
    }
    build_process();
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        refuse(NOT_SENT("cannot make the helper unreadable for its caller"));
    }
    (void)execve(python, arguments, environment);
    refuse_unexecuted();
}

#endif
