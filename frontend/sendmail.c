/*
 * sendmail - start both halves of a send at once: the frontend, which reads what the caller gives, and the helper,
 * which knows the smart host and its password.
 *
 * It belongs to root and has no set-id bit. An ordinary caller's helper is started by the set-id launcher. Root does
 * not execute the launcher, which belongs to the service user and could have been replaced by it: here root gives
 * itself up, in both halves, and executes the interpreter, which is root's own. Either way the helper sees real ids
 * of who called and effective ids of the service user, and the stand-in as real user means: root called.
 */
#include "../helper/privileged/start.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>

extern char **environ;

static const char TOO_LONG[] = NOT_SENT("the argument list is too long");

/*
 * A descriptor that is closed would be given to the next file that is opened, and text for the user written to it. A
 * folder as standard input would end the interpreter before it could say so: nothing can be read from /dev/null so.
 */
static void hold_standard_descriptors(void)
{
    struct stat input;
    if (fstat(STDIN_FILENO, &input) == 0 && S_ISDIR(input.st_mode)) {
        (void)close(STDIN_FILENO);
        (void)open("/dev/null", O_WRONLY);
    }
    for (int number = 0; number <= 2; number++) {
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY) != number) {
            refuse(NOT_SENT("/dev/null cannot be opened"));
        }
    }
}

/* The kernel allows arguments of a quarter of the stack's limit, 6 MiB at most: ours are the caller's and six more. */
static void make_room_for_arguments(void)
{
    (void)raise_limit(RLIMIT_STACK, MEGABYTE, 24 * MEGABYTE); /* without it, execve(2) says so where it matters */
}

/* dup2 of a descriptor onto itself would keep its close-on-exec flag. */
static void move_to_channel(int end)
{
    if (end == CHANNEL ? fcntl(end, F_SETFD, 0) < 0 : dup2(end, CHANNEL) < 0) {
        _exit(STATUS_FAILED);
    }
}

/*
 * The root of a user namespace can be an ordinary user to all outside: this machine's files, the interpreter among
 * them, are somebody else's then. There is no root to give up, and no service user of ours to become.
 */
static bool is_root_of_nothing(void)
{
    struct stat interpreter;
    return in_user_namespace() && stat(PYTHON, &interpreter) == 0 && interpreter.st_uid != 0;
}

static void give_up_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* in a container some cannot be dropped */
    }
}

/* Give up every group and capability of root, and then root itself, for good; ask the kernel whether it is so. */
static void give_up_root(gid_t real_group, gid_t effective_group, uid_t real_user, uid_t effective_user)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[2] = {{0}};
    gid_t groups[3];
    uid_t users[3];

    if (setresuid(0, 0, 0) != 0 || setgroups(0, NULL) != 0) {
        refuse(in_user_namespace() ? IN_USER_NAMESPACE : NOT_SENT("root cannot give up its groups"));
    }
    give_up_bounding_set(); /* what cannot be dropped from it is not kept below */
    if (setresgid(real_group, effective_group, effective_group) != 0 ||
        setresuid(real_user, effective_user, effective_user) != 0 || syscall(SYS_capset, &header, none) != 0) {
        refuse(NOT_SENT("root cannot give itself up"));
    }
    if (getresgid(&groups[0], &groups[1], &groups[2]) != 0 || getresuid(&users[0], &users[1], &users[2]) != 0 ||
        groups[0] != real_group || groups[1] != effective_group || groups[2] != effective_group ||
        users[0] != real_user || users[1] != effective_user || users[2] != effective_user || getgroups(0, NULL) != 0 ||
        setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0) {
        refuse(NOT_SENT("root gave itself up, and the kernel says that it did not"));
    }
}

/*
 * A set-id program that calls us lends us its rights: the send is its user's. Where nothing is lent, nothing is asked
 * of the kernel: a service whose system calls are filtered may not even ask for what it has.
 */
static void give_up_borrowed_rights(void)
{
    const uid_t user = getuid();
    const gid_t group = getgid();
    uid_t users[3];
    gid_t groups[3];
    if (getresuid(&users[0], &users[1], &users[2]) == 0 && getresgid(&groups[0], &groups[1], &groups[2]) == 0 &&
        users[1] == user && users[2] == user && groups[1] == group && groups[2] == group) {
        return;
    }
    if (setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
        refuse(in_user_namespace() ? IN_USER_NAMESPACE
                                   : NOT_SENT("the rights of a calling set-id program cannot be given up"));
    }
}

static const char *variable(const char *name_and_equals)
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
 * Become the frontend: an interpreter that takes nothing from the environment but where the caller's own
 * configuration may be. SIGINT stays blocked until it has its default effect back, so that no interrupt is ever
 * answered with a traceback.
 */
__attribute__((noreturn)) static void execute_frontend(int argc, char **argv, bool as_root)
{
    static const char *const interpreter[] = {PYTHON, "-I", "-S", "-B", FRONTEND};
    const size_t fixed = sizeof interpreter / sizeof interpreter[0];
    const char *environment[4] = {"PATH=/usr/bin:/bin"};
    size_t variables = 1;
    const char **arguments = calloc(fixed + (size_t)argc + 2, sizeof *arguments);
    if (arguments == NULL) {
        refuse(TOO_LONG);
    }
    memcpy(arguments, interpreter, sizeof interpreter);
    arguments[fixed] = "sendmail"; /* for a caller who gives no name at all (CVE-2021-4034) */
    for (int at = 0; at < argc; at++) {
        arguments[fixed + (size_t)at] = argv[at];
    }
    if (!as_root) {
        const char *const names[] = {"HOME=", "XDG_CONFIG_HOME="};
        for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
            const char *given = variable(names[at]);
            if (given != NULL) {
                environment[variables++] = given;
            }
        }
    }
    (void)execve(PYTHON, (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
    if (errno == E2BIG) {
        refuse(TOO_LONG);
    }
    refuse_unexecuted();
}

__attribute__((noreturn)) static void execute_launcher(void)
{
    static char launcher[] = LAUNCHER;
    char *const arguments[] = {launcher, NULL};
    char *const environment[] = {NULL};
    (void)execve(launcher, arguments, environment);
    refuse(NOT_SENT(LAUNCHER " cannot be executed: install Gatepost again"));
}

int main(int argc, char **argv)
{
    const bool cut_off = getuid() == 0 && is_root_of_nothing();
    const bool as_root = getuid() == 0 && !cut_off;
    struct account service;
    struct account standin;
    sigset_t interrupt;
    int ends[2];

    make_room_for_arguments(); /* and for ourselves: it comes first */
    (void)raise_limits();      /* of a low limit the frontend would die in random ways, as the helper would */
    hold_standard_descriptors();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        refuse(NOT_SENT("no socketpair can be had"));
    }
    if (sigemptyset(&interrupt) != 0 || sigaddset(&interrupt, SIGINT) != 0 ||
        sigprocmask(SIG_BLOCK, &interrupt, NULL) != 0) {
        refuse(NOT_SENT("the interrupt signal cannot be held back"));
    }
    if (as_root) {
        find_accounts(&service, &standin);
    } else {
        give_up_borrowed_rights();
    }

    const pid_t child = fork();
    if (child < 0) {
        refuse(NO_SECOND_PROCESS);
    }
    move_to_channel(ends[child == 0 ? 1 : 0]);
    if (child == 0) {
        frontend_listens = true;
        if (cut_off) {
            close_door(IN_USER_NAMESPACE);
        }
        if (!as_root) {
            execute_launcher();
        }
        give_up_root(standin.gid, service.gid, standin.uid, service.uid);
        execute_helper();
    }
    if (cut_off) {
        give_up_bounding_set();
    }
    if (as_root) {
        give_up_root(standin.gid, standin.gid, standin.uid, standin.uid);
    }
    execute_frontend(argc, argv, as_root);
}
