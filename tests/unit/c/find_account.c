/* Print what find_account() finds in ACCOUNTS for the name in argv[1]: "uid gid", or "none". */
#include "../../../helper/privileged/start.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct account account;
    (void)refuse;
    (void)find_accounts;
    (void)execute_helper;
    (void)in_user_namespace;
    (void)IN_USER_NAMESPACE;
    if (argc != 2 || !find_account(argv[1], &account)) {
        return puts("none") == EOF;
    }
    return printf("%u %u\n", account.uid, account.gid) < 0;
}
