/*
 * What a taken-over service user puts in the launcher's place: it types into the terminal that it finds, and notes in
 * REPORT what it was given beside: descriptors above the channel, variables, and whether there is a terminal.
 */
#include "typist.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

extern char **environ;

int main(void)
{
    char line[128];
    int descriptors = 0, variables = 0, terminals = 0;
    for (int number = 4; number < 1024; number++) {
        descriptors += fcntl(number, F_GETFD) >= 0;
    }
    for (int number = 0; number < 1024; number++) {
        terminals += isatty(number);
    }
    for (char **at = environ; *at != NULL; at++) {
        variables += strstr(*at, "canary") != NULL;
    }
    const int terminal = open("/dev/tty", O_RDWR);
    for (size_t at = 0; terminal >= 0 && at < sizeof TYPED - 1; at++) {
        char letter = TYPED[at];
        (void)ioctl(terminal, TIOCSTI, &letter);
    }
    const int length = snprintf(line, sizeof line, "%d %d %d %d\n", descriptors, variables, terminals, terminal >= 0);
    const int report = open(REPORT, O_WRONLY | O_APPEND);
    (void)!write(report, line, (size_t)length);
    return 1;
}
