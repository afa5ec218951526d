/*
 * Stands in for the launcher and the interpreter: hands its channel to the test that listens at RELAY, with what it was
 * started with (arguments, an empty one, variables, an empty one, the working directory), and ends.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static size_t put(char *octets, size_t at, size_t size, const char *text)
{
    const size_t length = strlen(text) + 1;
    if (at + length > size) {
        _exit(9);
    }
    memcpy(octets + at, text, length);
    return at + length;
}

int main(int argc, char **argv)
{
    static char octets[200000];
    char directory[4096];
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = RELAY};
    const int descriptor = 3;
    union {
        struct cmsghdr head;
        unsigned char octets[CMSG_SPACE(sizeof descriptor)];
    } rights = {.octets = {0}};
    size_t length = 0;
    for (int at = 0; at < argc; at++) {
        length = put(octets, length, sizeof octets, argv[at]);
    }
    length = put(octets, length, sizeof octets, "");
    for (char **at = environ; *at != NULL; at++) {
        length = put(octets, length, sizeof octets, *at);
    }
    length = put(octets, length, sizeof octets, "");
    length = put(octets, length, sizeof octets, getcwd(directory, sizeof directory) == NULL ? "?" : directory);
    rights.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&rights.head), &descriptor, sizeof descriptor);
    struct iovec part = {.iov_base = octets, .iov_len = length};
    const struct msghdr parcel = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights.octets};
    const int relay = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    return connect(relay, (const struct sockaddr *)&address, sizeof address) != 0 || sendmsg(relay, &parcel, 0) < 0;
}
