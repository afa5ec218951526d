/*
 * answers.h - what the helper sends: frames of a letter, two octets of length (big-endian) and content.
 *
 * Text is shown as it comes. Everything else is a wish, which the caller of next_wish() fulfils. A frame that breaks
 * the rules of the wire is WISH_BROKEN, and counts as the end of the helper.
 */
#ifndef GATEPOST_ANSWERS_H
#define GATEPOST_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEAD_OCTETS = 3, FRAME_CONTENT_OCTETS = 65535 };

enum wish {
    WISH_NOTHING,      /* nothing yet */
    WISH_MESSAGE,      /* m: `limit`, `dot_ends` */
    WISH_INPUT,        /* r: `most` */
    WISH_UNPRIVILEGED, /* p */
    WISH_OTHER_HELPER,    /* c: `line` */
    WISH_END,          /* s: `status`, `drains` */
    WISH_BROKEN        /* the rules of the wire were broken */
};

struct answers {
    bool hello_is_out;     /* set by the sender; no question may come before it */
    bool question_is_open; /* cleared by whoever answers it */
    bool has_begun;        /* a frame has come that only a helper ready to serve sends */
    bool has_message;      /* the message was asked for */
    bool is_session;       /* standard input was asked for */
    bool is_in_doubt;      /* the message may be delivered, even if no more comes */
    bool may_hide_doubt;   /* a damaged frame may have been a `d` */
    bool errors_are_lost;  /* standard error cannot be written */
    bool output_is_torn;   /* the last line on standard output is incomplete */
    int output_error;      /* errno of writing standard output, 0 for none */
    bool dot_ends;
    bool drains;
    uint64_t limit;
    size_t most;
    int status;
    const unsigned char *line; /* in `octets`, without a line end */
    size_t line_length;
    unsigned frames; /* the number received */
    size_t start;    /* where the next frame begins */
    size_t length;   /* octets received */
    unsigned char octets[FRAME_HEAD_OCTETS + FRAME_CONTENT_OCTETS];
};

/* Prepare for another helper. The state of standard output and error is kept. */
void forget_answers(struct answers *answers);

/* Show the text that has come, and return the next wish. */
enum wish next_wish(struct answers *answers);

/* Return whether a frame is incomplete. */
bool frame_is_torn(const struct answers *answers);

/* Read from the channel. False if nothing more will come, with the reason in errno, 0 for the end. */
bool receive_answers(struct answers *answers, int channel);

/* Read the rest that the helper has sent: a `d` may be in it. */
void look_for_doubt(struct answers *answers, int channel);

/* Write a line to standard error, made of parts that end with NULL. Failures are ignored. */
void show_line(struct answers *answers, const char *const *parts);

/* Write text to standard output. */
void show_text(struct answers *answers, const unsigned char *octets, size_t length);

#endif
