/*
 * launcher - the only set-id program of Gatepost. It belongs to the service user, mode 6755 (or root:service 2755).
 *
 * sendmail executes it. It checks that it has the caller's rights plus the service user's, and starts the helper in a
 * process built from nothing (start.h). It reads no argument, no variable and no file except /etc/passwd, and decides
 * nothing about mail. It refuses to serve root, because root would execute a file that belongs to the service user. If
 * it was installed without the set-id bit, it tells the frontend, which sends without privilege.
 */
#include "../start.h"

#include <stdlib.h>
#include <sys/statvfs.h>

/* An installation without the set-id bit is allowed: the frontend then sends without privilege (request/wire.py). */
static bool has_no_set_id_bit(void)
{
    struct stat file;
    return stat(LAUNCHER, &file) == 0 && (file.st_mode & (S_ISUID | S_ISGID)) == 0;
}

__attribute__((noreturn)) static void leave_it_to_the_frontend(void)
{
    static const unsigned char answer[] = {'p', 0, 0};
    (void)!send(CHANNEL, answer, sizeof answer, MSG_NOSIGNAL);
    _exit(EXIT_SUCCESS);
}

/* Whether the file's owner and set-id bits are right: the service user's with both bits, or root's with set-gid. */
static bool is_installed_rightly(const struct account *service)
{
    struct stat file;
    if (stat(LAUNCHER, &file) != 0 || file.st_gid != service->gid) {
        return false;
    }
    const mode_t bits = file.st_mode & (S_ISUID | S_ISGID);
    return (file.st_uid == service->uid && bits == (S_ISUID | S_ISGID)) || (file.st_uid == 0 && bits == S_ISGID);
}

static const char WRONG_MODE[] = NOT_SENT(LAUNCHER " has the wrong owner or mode, so it does not give the rights of "
                                                   SERVICE_USER ": sudo gatepost check");

/* The set-id bit had no effect: find out which of the kernel's reasons it was (execve(2), "set-user-ID"). */
__attribute__((noreturn)) static void refuse_without_privilege(const struct account *service)
{
    struct statvfs system;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
        refuse(NOT_SENT("no_new_privs is set for this process (as in hardened systemd services and in containers), "
                            "so the kernel ignores the set-id bit of " LAUNCHER));
    }
    if (statvfs(LAUNCHER, &system) == 0 && (system.f_flag & ST_NOSUID) != 0) {
        refuse(NOT_SENT(LAUNCHER " is on a file system mounted nosuid, so the kernel ignores its set-id bit"));
    }
    if (in_user_namespace()) {
        refuse(IN_USER_NAMESPACE);
    }
    if (!is_installed_rightly(service)) {
        refuse(WRONG_MODE);
    }
    refuse(NOT_SENT("the kernel ignored the set-id bit of " LAUNCHER ": the caller is being traced"));
}

int main(void)
{
    struct stat channel;
    struct account service;
    struct account standin;
    uid_t real_user;
    uid_t effective_user;
    uid_t saved_user;
    gid_t real_group;
    gid_t effective_group;
    gid_t saved_group;

    if (fstat(CHANNEL, &channel) != 0 || !S_ISSOCK(channel.st_mode)) {
        refuse(NOT_SENT("this part of Gatepost is started by sendmail, not by hand"));
    }
    frontend_listens = true;
    if (getresuid(&real_user, &effective_user, &saved_user) != 0 ||
        getresgid(&real_group, &effective_group, &saved_group) != 0) {
        refuse(NOT_SENT("the kernel does not say who is calling"));
    }
    if (effective_user == real_user && saved_user == real_user && effective_group == real_group &&
        saved_group == real_group && has_no_set_id_bit()) {
        leave_it_to_the_frontend();
    }
    const char *const problem = problem_of_accounts(&service, &standin);
    if (problem != NULL) {
        refuse(problem);
    }
    if (real_user != 0 && effective_user == 0) {
        refuse(WRONG_MODE);
    }
    if (real_user == 0) {
        refuse(NOT_SENT("root does not execute " LAUNCHER ", which belongs to the service user: use sendmail"));
    }
    if (real_user == service.uid) {
        refuse(NOT_SENT("the service user " SERVICE_USER " cannot send"));
    }
    if (real_user == standin.uid) {
        refuse(NOT_SENT("the stand-in user " STANDIN_USER " cannot send"));
    }
    if (real_group == service.gid) {
        refuse(NOT_SENT("members of the group " SERVICE_USER " cannot send: it must have no members"));
    }
    if (effective_group != service.gid || saved_group != service.gid ||
        (effective_user != service.uid && effective_user != real_user) || saved_user != effective_user) {
        refuse_without_privilege(&service);
    }
    execute_helper();
}
