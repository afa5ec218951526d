/*
 * answers.h - what the helper says: frames of a letter, two octets of length (big-endian) and content.
 *
 * Text is shown as it comes. What has to be done is a wish, which the caller of next_wish() fulfils. Nothing is
 * believed: what breaks the rules of the wire is a wish of its own, and as if the helper had ended.
 */
#ifndef GATEPOST_ANSWERS_H
#define GATEPOST_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEAD_OCTETS = 3, FRAME_CONTENT_OCTETS = 65535 };

enum wish {
    WISH_NOTHING,      /* more has to come first */
    WISH_MESSAGE,      /* m: `limit`, `dot_ends` */
    WISH_INPUT,        /* r: `most` */
    WISH_UNPRIVILEGED, /* p */
    WISH_OTHER_WAY,    /* c: `line` */
    WISH_END,          /* s: `status`, `drains` */
    WISH_BROKEN        /* the rules of the wire were broken */
};

struct answers {
    bool hello_is_out;     /* set by who sends it; no question comes before */
    bool question_is_open; /* cleared by who answers it */
    bool has_begun;        /* a frame has come that only a helper sends which is ready to serve */
    bool has_message;      /* the message was asked for */
    bool is_session;       /* standard input was asked for */
    bool is_in_doubt;      /* the message may be delivered, whatever comes */
    bool may_hide_doubt;   /* what was taken for text may have been more */
    bool errors_are_lost;  /* nobody takes what is written to standard error */
    bool output_is_torn;   /* the last octet on standard output is no end of a line */
    int output_error;      /* of errno(3), 0 where standard output has taken everything */
    bool dot_ends;
    bool drains;
    uint64_t limit;
    size_t most;
    int status;
    const unsigned char *line; /* without an end; in `octets` */
    size_t line_length;
    unsigned frames; /* how many have come */
    size_t start;    /* where the next frame begins */
    size_t length;   /* what has come */
    unsigned char octets[FRAME_HEAD_OCTETS + FRAME_CONTENT_OCTETS];
};

/* Make ready for another helper; what has become of standard output and error is kept. */
void forget_answers(struct answers *answers);

/* Return what the next frame asks for, once the text before it is shown. */
enum wish next_wish(struct answers *answers);

/* Say whether a frame has begun and not ended. */
bool frame_is_torn(const struct answers *answers);

/* Take what has come on the channel; false where nothing will come any more, the reason being in errno(3), or 0. */
bool receive_answers(struct answers *answers, int channel);

/* Take what the helper sent before it could know that nobody listens: it may have told of doubt. */
void look_for_doubt(struct answers *answers, int channel);

/* Write lines to standard error, of parts that end with NULL; what it does not take is forgotten. */
void show_line(struct answers *answers, const char *const *parts);

/* Write text to standard output. */
void show_text(struct answers *answers, const unsigned char *octets, size_t length);

#endif
