/* message.h - standard input: what it is, the message that stands on it, what comes next on it. */
#ifndef GATEPOST_MESSAGE_H
#define GATEPOST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How octets get from standard input into the memory file. */
enum way { SPLICE, SENDFILE, RECEIVE, READ };

/* Where the reader of a typed message stands: a lone dot counts at the start of a line only. */
enum place { LINE_START, AFTER_DOT, INSIDE_LINE };

struct message {
    int memory;       /* the memory file, -1 where there is none */
    uint64_t room;    /* octets that may still be taken */
    bool dot_ends;    /* a line with a lone dot ends it */
    bool has_to_wait; /* until standard input can be read */
    enum way way;
    enum place place;
};

enum { MORE = -1, COMPLETE = 0 }; /* what take_message() returns, besides errors of errno(3) */

/* Return `t` for a terminal on standard input, `n` for a network socket, `o` for all else. */
unsigned char kind_of_input(void);

/* Return an error of errno(3) for what can never be read, 0 for all else. */
int problem_of_input(void);

/*
 * Create the memory file for a message of at most `limit` octets (0: no limit), of which one more is taken, so that
 * whoever gets it can see that it is exceeded. Return 0, or an error of errno(3).
 */
int begin_message(struct message *message, uint64_t limit, bool dot_ends);

/*
 * Take what can be read without waiting, but for `has_to_wait`. Return MORE, COMPLETE for a message that has ended and
 * is sealed, or an error of errno(3).
 */
int take_message(struct message *message);

/* Read what comes next, at most so many octets. Return their number, 0 at the end and after an error, MORE for none yet. */
ssize_t read_input(unsigned char *octets, size_t most);

/* Read a pipe or socket to its end, so that a failure of ours does not kill the program that writes into it. */
void drain_input(void);

/* Write all octets to a descriptor that may be non-blocking. Return 0, or an error of errno(3). */
int write_all(int target, const unsigned char *octets, size_t length, int timeout_ms);

#endif
