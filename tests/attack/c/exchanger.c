/*
 * Exchanger: what a user does to a directory of theirs while root's command works in it. Each entry is exchanged with
 * links to a file and a directory of root's, thousands of times a second, the directory itself as well; names that
 * forge a line are planted. Usage: exchanger FILE DIRECTORY; it tells how often, once its standard input ends.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const PLACES[] = {"/var/tmp", "/tmp"};
static const char PREFIX[] = "gatepost-selftest-";
static const char FORGED[] = "x\n\033[2KFAILS  forged";
static unsigned long exchanges;

static void exchange(int folder, const char *one, const char *other)
{
    if (renameat2(folder, one, folder, other, RENAME_EXCHANGE) == 0) {
        exchanges++;
        (void)renameat2(folder, one, folder, other, RENAME_EXCHANGE);
    }
}

static void plant(int folder)
{
    int marks = openat(folder, "marks", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (marks >= 0) {
        (void)close(openat(marks, FORGED, O_WRONLY | O_CREAT, 0600));
        (void)close(marks);
    }
    (void)close(openat(folder, FORGED, O_WRONLY | O_CREAT, 0600));
}

static void exchange_all_in(int folder, const char *file, const char *directory)
{
    DIR *entries = fdopendir(dup(folder));
    struct dirent *entry;
    if (entries == NULL) {
        return;
    }
    rewinddir(entries);
    while ((entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "trap.so") != 0) {
            exchange(folder, entry->d_name, ".file");
            exchange(folder, entry->d_name, ".directory");
        }
    }
    (void)closedir(entries);
    (void)symlinkat(file, folder, ".file");
    (void)symlinkat(directory, folder, ".directory");
    (void)symlinkat(file, folder, "trap.so");
    plant(folder);
}

static void attack_in(const char *place, const char *file, const char *directory)
{
    static unsigned rounds;
    char link[64];
    DIR *entries = opendir(place);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0) {
            continue;
        }
        int folder = openat(dirfd(entries), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (folder < 0) {
            continue;
        }
        exchange_all_in(folder, file, directory);
        if (++rounds % 64 == 0) {
            (void)snprintf(link, sizeof link, "gatepost-exchanger-%u", (unsigned)getpid());
            (void)symlinkat(directory, dirfd(entries), link);
            exchange(dirfd(entries), entry->d_name, link);
            (void)unlinkat(dirfd(entries), link, 0);
        }
        (void)close(folder);
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
}

int main(int argc, char **argv)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (argc == 3 && poll(&input, 1, 1) == 0) {
        for (size_t at = 0; at < sizeof PLACES / sizeof PLACES[0]; at++) {
            attack_in(PLACES[at], argv[1], argv[2]);
        }
    }
    (void)printf("%lu\n", exchanges);
    return 0;
}
