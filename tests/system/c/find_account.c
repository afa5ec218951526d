/* Print what find_account() finds in ACCOUNTS for the name in argv[1]: "uid gid", or "none". */
#include "../../../helper/start.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct account account;
    (void)refuse;
    (void)problem_of_accounts;
    (void)execute_helper;
    (void)in_user_namespace;
    (void)IN_USER_NAMESPACE;
    char *const name = argc == 2 ? strdup(argv[1]) : NULL; /* where the sanitizer sees what is beyond its end */
    const bool is_found = name != NULL && find_account(name, &account);
    free(name);
    if (!is_found) {
        return puts("none") == EOF;
    }
    return printf("%u %u\n", account.uid, account.gid) < 0;
}
