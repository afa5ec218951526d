/*
 * rights.h - what sendmail gives up before it reads anything: root, and the rights of a set-id program that calls it.
 *
 * Part of sendmail.c, as start.h is. Each step is checked by asking the kernel.
 */
#ifndef GATEPOST_RIGHTS_H
#define GATEPOST_RIGHTS_H

#include "../helper/start.h"

#include <grp.h>
#include <linux/capability.h>

/*
 * The root of a user namespace can be an ordinary user outside. Then the machine's files, among them the interpreter,
 * belong to somebody else. This process cannot become the service user.
 */
static bool is_root_of_nothing(void)
{
    struct stat interpreter;
    return in_user_namespace() && stat(PYTHON, &interpreter) == 0 && interpreter.st_uid != 0;
}

static bool has_capability(unsigned capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct held[2] = {{0}};
    return syscall(SYS_capget, &header, held) == 0 && (held[0].permitted & 1U << capability) != 0;
}

/* Return why root cannot become another user for good, NULL if it can. */
static const char *problem_of_root(void)
{
    if (is_root_of_nothing()) {
        return IN_USER_NAMESPACE;
    }
    if (!has_capability(CAP_SETUID)) {
        return NOT_SENT("cannot drop root: this process has no CAP_SETUID");
    }
    if (!has_capability(CAP_SETGID)) {
        return NOT_SENT("cannot drop root: this process has no CAP_SETGID");
    }
    return NULL;
}

static void give_up_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* a container may forbid it for some */
    }
}

/* Where system calls are filtered, capset(2) may fail even if there is nothing to give up: then ask. */
static bool give_up_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none) == 0) {
        return true;
    }
    return syscall(SYS_capget, &header, none) == 0 && none[0].permitted == 0 && none[1].permitted == 0;
}

/* Keep root's uid, for gatepost.socket, but none of its capabilities. */
static void give_up_all_but_name(void)
{
    give_up_bounding_set();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !give_up_capabilities()) {
        refuse(NOT_SENT("cannot drop root's capabilities"));
    }
}

/* Give up root's groups, capabilities and uid for good, and ask the kernel for confirmation. */
static void give_up_root(gid_t real_group, gid_t effective_group, uid_t real_user, uid_t effective_user)
{
    gid_t groups[3];
    uid_t users[3];

    if (setresuid(0, 0, 0) != 0 || setgroups(0, NULL) != 0) {
        refuse(in_user_namespace() ? IN_USER_NAMESPACE : NOT_SENT("cannot drop root's groups"));
    }
    give_up_bounding_set(); /* whatever stays in it is given up with the capabilities below */
    if (setresgid(real_group, effective_group, effective_group) != 0 ||
        setresuid(real_user, effective_user, effective_user) != 0 || !give_up_capabilities()) {
        refuse(NOT_SENT("cannot drop root"));
    }
    if (getresgid(&groups[0], &groups[1], &groups[2]) != 0 || getresuid(&users[0], &users[1], &users[2]) != 0 ||
        groups[0] != real_group || groups[1] != effective_group || groups[2] != effective_group ||
        users[0] != real_user || users[1] != effective_user || users[2] != effective_user || getgroups(0, NULL) != 0 ||
        setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0) {
        refuse(NOT_SENT("the kernel says that root was not dropped"));
    }
}

/*
 * Give up the rights of a set-id program that calls sendmail: the send is its user's. If there are none, change
 * nothing, because a filter of system calls may forbid the change.
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
                                   : NOT_SENT("cannot drop the rights of the calling set-id program"));
    }
}

#endif
