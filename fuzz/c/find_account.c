/*
 * Whatever /etc/passwd holds, find_account() finds what the plain reader below finds, and touches nothing else. That one
 * looks at whole lines with the C library, as the launcher must not.
 */
#include "../../helper/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static const char NAME[] = SERVICE_USER;

/* Read the id that ends at a colon; false where it is none. */
static bool read_id(const char **at, const char *end, uint64_t *id)
{
    uint64_t value = 0;
    const char *digit = *at;
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) {
        value = value * 10 + (uint64_t)(*digit - '0');
        if (value >= UINT32_MAX) {
            return false;
        }
    }
    if (digit == *at || digit == end || *digit != ':') {
        return false;
    }
    *at = digit + 1;
    *id = value;
    return true;
}

/* Read one line without its end; true where it is the account's. */
static bool read_line(const char *line, const char *end, struct account *account)
{
    const size_t length = sizeof NAME - 1;
    uint64_t uid = 0;
    uint64_t gid = 0;
    if ((size_t)(end - line) <= length || memcmp(line, NAME, length) != 0 || line[length] != ':') {
        return false;
    }
    const char *at = memchr(line + length + 1, ':', (size_t)(end - line) - length - 1);
    if (at == NULL) {
        return false;
    }
    at++;
    if (!read_id(&at, end, &uid) || !read_id(&at, end, &gid)) {
        return false;
    }
    *account = (struct account){.uid = (uid_t)uid, .gid = (gid_t)gid};
    return true;
}

static bool expected_account(const char *octets, size_t size, struct account *account)
{
    const char *line = octets;
    const char *const stop = octets + size;
    while (line < stop) {
        const char *const end = memchr(line, '\n', (size_t)(stop - line));
        if (end == NULL) {
            return false; /* a line without its end is not finished */
        }
        if (read_line(line, end, account)) {
            return account->uid != 0 && account->gid != 0;
        }
        line = end + 1;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
    static int file = -1;
    struct account found = {0};
    struct account expected = {0};
    if (file < 0) {
        const int created = memfd_create("passwd", 0);
        file = dup2(created, ACCOUNTS_DESCRIPTOR);
    }
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, octets, size, 0) != (ssize_t)size) {
        abort();
    }
    const bool is_found = find_account(NAME, &found);
    const bool is_expected = expected_account((const char *)octets, size, &expected);
    if (is_found != is_expected || (is_found && (found.uid != expected.uid || found.gid != expected.gid))) {
        (void)fprintf(stderr, "found %d %u %u, expected %d %u %u\n", is_found, found.uid, found.gid, is_expected,
                      expected.uid, expected.gid);
        abort();
    }
    return 0;
}
