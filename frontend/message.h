/* message.h - standard input: its kind, the message, and the next octets of a session. */
#ifndef GATEPOST_MESSAGE_H
#define GATEPOST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How octets get from standard input into the memory file. */
enum method { SPLICE, SENDFILE, RECEIVE, READ };

/* The position in a typed message: a lone dot counts only at the start of a line. */
enum place { LINE_START, AFTER_DOT, INSIDE_LINE };

struct message {
    int memory;       /* the memory file, -1 for none */
    uint64_t room;    /* octets that may still be taken */
    bool dot_ends;    /* a line with a lone dot ends it */
    bool has_to_wait; /* poll standard input before the next call */
    enum method method;
    enum place place;
};

enum { MORE = -1, COMPLETE = 0 }; /* what take_message() returns besides an errno */

/* Return `t` if standard input is a terminal, `n` for a network socket, `o` for anything else. */
unsigned char kind_of_input(void);

/* Return the errno if standard input can never be read, else 0. */
int problem_of_input(void);

/*
 * Create the memory file for a message of at most `limit` octets (0: no limit). It takes one octet more, which shows
 * that the limit is exceeded. Return 0 or an errno.
 */
int begin_message(struct message *message, uint64_t limit, bool dot_ends);

/*
 * Read what is there without waiting; if `has_to_wait`, poll first. Return MORE, COMPLETE once the message has ended
 * and is sealed, or an errno.
 */
int take_message(struct message *message);

/* Read at most `most` octets. Return their number, 0 at the end or after an error, MORE if there are none yet. */
ssize_t read_input(unsigned char *octets, size_t most);

/* Read a pipe or socket to its end, so that SIGPIPE does not kill the program that writes to it. */
void drain_input(void);

/* Write all octets to a descriptor that may be non-blocking. Return 0 or an errno. */
int write_all(int target, const unsigned char *octets, size_t length, int timeout_ms);

#endif
