/*
 * message - copy standard input to a sealed memory file. The kernel moves the octets if the kind of input allows it.
 *
 * The flags of an open file are shared with other programs (fcntl(2)), so none is changed.
 */
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* since Linux 6.3; required if vm.memfd_noexec is 2 */
#endif

enum {
    PART_OCTETS = 1024 * 1024,
    READ_OCTETS = 64 * 1024,
    WRITE_OCTETS = 4096,                /* PIPE_BUF: poll(2) guarantees this much room in a pipe */
    DRAINED_OCTETS = 256 * 1024 * 1024, /* more than any message: this input never ends */
};

static unsigned char part[READ_OCTETS];

static bool wait_for(int descriptor, short events, int timeout_ms)
{
    struct pollfd waiting = {.fd = descriptor, .events = events, .revents = 0};
    int count;
    do {
        count = poll(&waiting, 1, timeout_ms);
    } while (count < 0 && errno == EINTR);
    return count != 0;
}

int write_all(int target, const unsigned char *octets, size_t length, int timeout_ms)
{
    size_t written = 0;
    while (written < length) {
        /* With a time limit, no call may block. */
        if (timeout_ms >= 0 && !wait_for(target, POLLOUT, timeout_ms)) {
            return ETIMEDOUT;
        }
        const size_t left = length - written;
        const ssize_t count =
            write(target, octets + written, timeout_ms >= 0 && left > WRITE_OCTETS ? WRITE_OCTETS : left);
        if (count >= 0) {
            written += (size_t)count;
        } else if (errno == EAGAIN) {
            (void)wait_for(target, POLLOUT, timeout_ms);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static mode_t mode_of_input(void)
{
    struct stat input;
    return fstat(STDIN_FILENO, &input) == 0 ? input.st_mode : 0;
}

static bool is_network_socket(void)
{
    int domain = AF_UNIX;
    socklen_t length = sizeof domain;
    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain != AF_UNIX;
}

unsigned char kind_of_input(void)
{
    const mode_t mode = mode_of_input();
    if (S_ISSOCK(mode)) {
        return is_network_socket() ? 'n' : 'o';
    }
    return S_ISCHR(mode) && isatty(STDIN_FILENO) ? 't' : 'o';
}

static bool is_listening(void)
{
    int listens = 0;
    socklen_t length = sizeof listens;
    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0;
}

/* poll(2) would wait for ever on a descriptor that cannot be read. */
int problem_of_input(void)
{
    const int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0) {
        return errno;
    }
    if ((flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) != 0) {
        return EBADF;
    }
    return is_listening() ? ENOTCONN : 0;
}

static enum method method_for(mode_t mode)
{
    if (S_ISFIFO(mode)) {
        return SPLICE;
    }
    if (S_ISREG(mode)) {
        return SENDFILE;
    }
    return S_ISSOCK(mode) ? RECEIVE : READ;
}

static int create_memory(void)
{
    const int memory = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (memory >= 0 || errno != EINVAL) {
        return memory;
    }
    return memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int begin_message(struct message *message, uint64_t limit, bool dot_ends)
{
    const int problem = problem_of_input();
    if (problem != 0) {
        return problem;
    }
    message->memory = create_memory();
    if (message->memory < 0) {
        return errno;
    }
    message->room = limit == 0 || limit == UINT64_MAX ? UINT64_MAX : limit + 1;
    message->dot_ends = dot_ends && kind_of_input() == 't';
    message->method = method_for(mode_of_input());
    message->has_to_wait = message->method == READ;
    message->place = LINE_START;
    return 0;
}

/*
 * A hung-up terminal is not the end of a message. A read(2) that was waiting fails, but a later one finds the end of
 * the file, and isatty(3) fails, so ask poll(2).
 */
static int complete(const struct message *message)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = 0, .revents = 0};
    if (S_ISCHR(mode_of_input()) && poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0) {
        return EIO;
    }
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    return fcntl(message->memory, F_ADD_SEALS, seals) == 0 ? COMPLETE : errno;
}

/*
 * Return how many of the typed octets belong to the message. Set `ended` if a lone dot ended it. A dot at the end is
 * held back: the next octet decides whether it is a lone dot; at the end of the input it is one.
 */
static size_t typed_text(enum place *place, const unsigned char *octets, size_t length, bool *ended)
{
    for (size_t at = 0; at < length; at++) {
        if (*place == AFTER_DOT && octets[at] == '\n') {
            *ended = true;
            return at == 0 ? 0 : at - 1;
        }
        if (octets[at] == '\n') {
            *place = LINE_START;
        } else {
            *place = *place == LINE_START && octets[at] == '.' ? AFTER_DOT : INSIDE_LINE;
        }
    }
    return *place == AFTER_DOT ? length - 1 : length;
}

static int store(struct message *message, const unsigned char *octets, size_t length)
{
    const size_t taken = length < message->room ? length : (size_t)message->room;
    message->room -= taken;
    return write_all(message->memory, octets, taken, -1);
}

static int store_typed(struct message *message, size_t length)
{
    const unsigned char dot = '.';
    bool ended = false;
    if (message->place == AFTER_DOT && part[0] != '\n') {
        const int problem = store(message, &dot, 1);
        if (problem != 0) {
            return problem;
        }
    }
    const size_t text = typed_text(&message->place, part, length, &ended);
    const int problem = store(message, part, text);
    if (problem != 0) {
        return problem;
    }
    return ended ? complete(message) : MORE;
}

/* Copy from a terminal, a socket or a device. */
static int take_octets(struct message *message)
{
    const size_t most = message->room < READ_OCTETS ? (size_t)message->room : READ_OCTETS;
    const ssize_t count = message->method == RECEIVE ? recv(STDIN_FILENO, part, most, MSG_DONTWAIT)
                                                  : read(STDIN_FILENO, part, most);
    if (count < 0) {
        message->has_to_wait = message->has_to_wait || errno == EAGAIN;
        return errno == EAGAIN || errno == EINTR ? MORE : errno;
    }
    if (count == 0) {
        return complete(message);
    }
    if (message->dot_ends) {
        return store_typed(message, (size_t)count);
    }
    const int problem = store(message, part, (size_t)count);
    return problem == 0 ? MORE : problem;
}

/* Let the kernel move octets from a pipe or a file. */
static int move_octets(struct message *message)
{
    const size_t most = message->room < PART_OCTETS ? (size_t)message->room : PART_OCTETS;
    const ssize_t count =
        message->method == SPLICE ? splice(STDIN_FILENO, NULL, message->memory, NULL, most, SPLICE_F_NONBLOCK)
                               : sendfile(message->memory, STDIN_FILENO, NULL, most);
    if (count > 0) {
        message->room -= (uint64_t)count;
        return MORE;
    }
    if (count == 0) {
        return complete(message);
    }
    if (errno == EAGAIN) {
        message->has_to_wait = true;
    } else if (errno != EINTR) {
        /* Some file systems, devices and system call filters refuse the call. Go on by read(2). */
        message->method = READ;
        message->has_to_wait = true;
    }
    return MORE;
}

int take_message(struct message *message)
{
    if (message->room == 0) {
        return complete(message);
    }
    message->has_to_wait = message->method == READ;
    return message->method == SPLICE || message->method == SENDFILE ? move_octets(message) : take_octets(message);
}

ssize_t read_input(unsigned char *octets, size_t most)
{
    const ssize_t count = read(STDIN_FILENO, octets, most);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? MORE : 0;
    }
    return count;
}

void drain_input(void)
{
    const mode_t mode = mode_of_input();
    size_t drained = 0;
    if ((!S_ISFIFO(mode) && !S_ISSOCK(mode)) || problem_of_input() != 0) {
        return;
    }
    while (drained < DRAINED_OCTETS) {
        const ssize_t count = read(STDIN_FILENO, part, sizeof part);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            return;
        }
        if (count > 0) {
            drained += (size_t)count;
        } else if (errno == EAGAIN) {
            (void)wait_for(STDIN_FILENO, POLLIN, -1);
        }
    }
}
