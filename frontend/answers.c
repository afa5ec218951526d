/*
 * answers - parse what the helper sends, show text, and enforce the rules of the wire.
 *
 * The helper is trusted only with the outcome. It must not control a terminal, and its lengths must not lead outside a
 * buffer.
 */
#include "answers.h"

#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An SMTP client may read standard error only after the session, so writing must not block for ever. */
#define ERRORS_IN_SESSION_MS 10000

struct frame {
    unsigned char letter;
    unsigned char *content;
    size_t length;
};

void forget_answers(struct answers *answers)
{
    answers->hello_is_out = answers->question_is_open = answers->has_begun = false;
    answers->has_message = answers->is_session = answers->is_in_doubt = answers->may_hide_doubt = false;
    answers->start = answers->length = 0;
}

bool receive_answers(struct answers *answers, int channel)
{
    if (answers->start > 0) {
        memmove(answers->octets, answers->octets + answers->start, answers->length - answers->start);
        answers->length -= answers->start;
        answers->start = 0;
    }
    const ssize_t count =
        recv(channel, answers->octets + answers->length, sizeof answers->octets - answers->length, MSG_DONTWAIT);
    if (count > 0) {
        answers->length += (size_t)count;
        return true;
    }
    errno = count == 0 ? 0 : errno;
    return errno == EAGAIN || errno == EINTR;
}

bool frame_is_torn(const struct answers *answers)
{
    return answers->length > answers->start;
}

static uint64_t number_in(const unsigned char *octets, size_t length)
{
    uint64_t number = 0;
    for (size_t at = 0; at < length; at++) {
        number = number << 8 | octets[at];
    }
    return number;
}

/* Return whether a frame with this head is valid. */
static bool is_frame(unsigned char letter, size_t length)
{
    switch (letter) {
    case 'e':
    case 'o':
        return true;
    case 'c':
        return length > 0;
    case 'm':
        return length == 9;
    case 'r':
    case 's':
        return length == 2;
    case 'd':
    case 'k':
    case 'p':
        return length == 0;
    default:
        return false;
    }
}

/*
 * Return whether an invalid frame may have been a `d` before it was damaged: in one bit of its letter, in its length,
 * or by a missing octet before a NUL. Kernels damage nothing, but even then the caller must not be told a lie.
 */
static bool may_have_been_doubt(unsigned char letter, size_t length)
{
    const unsigned damage = (unsigned)letter ^ 'd';
    return letter == '\0' || letter == 'd' || (length == 0 && (damage & (damage - 1)) == 0);
}

/*
 * Make sure that no octet controls a terminal. The helper sends no empty text and no NUL in text. A damaged `d`, or a
 * frame that is taken for text, would look like that.
 */
static void make_printable(struct answers *answers, unsigned char *octets, size_t length, bool with_lines)
{
    answers->may_hide_doubt = answers->may_hide_doubt || length == 0;
    for (size_t at = 0; at < length; at++) {
        const bool is_line_end = with_lines && (octets[at] == '\r' || octets[at] == '\n');
        if (octets[at] == '\0') {
            answers->may_hide_doubt = true;
        }
        if ((octets[at] < 0x20 || octets[at] > 0x7e) && !is_line_end) {
            octets[at] = '?';
        }
    }
}

static void show_octets(struct answers *answers, const unsigned char *octets, size_t length)
{
    if (!answers->errors_are_lost) {
        const int timeout_ms = answers->is_session ? ERRORS_IN_SESSION_MS : -1;
        answers->errors_are_lost = write_all(STDERR_FILENO, octets, length, timeout_ms) != 0;
    }
}

/* Move the line one octet to the front, over its head, to make room for LF: the next frame follows it directly. */
static void show_error(struct answers *answers, const struct frame *frame)
{
    unsigned char *const line = frame->content - 1;
    make_printable(answers, frame->content, frame->length, true);
    memmove(line, frame->content, frame->length);
    line[frame->length] = '\n';
    show_octets(answers, line, frame->length + 1);
}

void show_line(struct answers *answers, const char *const *parts)
{
    for (; *parts != NULL; parts++) {
        show_octets(answers, (const unsigned char *)*parts, strlen(*parts));
    }
    show_octets(answers, (const unsigned char *)"\n", 1);
}

void show_text(struct answers *answers, const unsigned char *octets, size_t length)
{
    if (length > 0 && answers->output_error == 0) {
        answers->output_error = write_all(STDOUT_FILENO, octets, length, -1);
        answers->output_is_torn = octets[length - 1] != '\n';
    }
}

static enum wish take_message_question(struct answers *answers, const struct frame *frame)
{
    if (frame->content[8] > 1 || !answers->hello_is_out || answers->question_is_open || answers->has_message ||
        answers->is_session) {
        return WISH_BROKEN;
    }
    answers->has_message = answers->question_is_open = true;
    answers->limit = number_in(frame->content, 8);
    answers->dot_ends = frame->content[8] == 1;
    return WISH_MESSAGE;
}

static enum wish take_input_question(struct answers *answers, const struct frame *frame)
{
    if (!answers->hello_is_out || answers->question_is_open || answers->has_message) {
        return WISH_BROKEN;
    }
    answers->most = (size_t)number_in(frame->content, 2);
    answers->is_session = answers->question_is_open = true;
    return answers->most == 0 ? WISH_BROKEN : WISH_INPUT;
}

static enum wish take_status(struct answers *answers, const struct frame *frame)
{
    if (frame->content[1] > 1) {
        return WISH_BROKEN;
    }
    answers->status = frame->content[0];
    answers->drains = frame->content[1] == 1;
    return WISH_END;
}

static enum wish take_other_helper(struct answers *answers, const struct frame *frame)
{
    make_printable(answers, frame->content, frame->length, false);
    answers->line = frame->content;
    answers->line_length = frame->length;
    return WISH_OTHER_HELPER;
}

/* A helper that serves sends neither. They come first, and nothing follows them. */
static bool is_of_no_helper(unsigned char letter)
{
    return letter == 'p' || letter == 'c';
}

static enum wish take_frame(struct answers *answers, const struct frame *frame)
{
    if (answers->has_begun && is_of_no_helper(frame->letter)) {
        return WISH_BROKEN;
    }
    switch (frame->letter) {
    case 'e':
        show_error(answers, frame);
        return WISH_NOTHING;
    case 'o':
        make_printable(answers, frame->content, frame->length, true);
        show_text(answers, frame->content, frame->length);
        return WISH_NOTHING;
    case 'm':
        return take_message_question(answers, frame);
    case 'r':
        return take_input_question(answers, frame);
    case 'd':
        answers->is_in_doubt = true;
        return WISH_NOTHING;
    case 'k':
        answers->is_in_doubt = answers->may_hide_doubt = false;
        return WISH_NOTHING;
    case 'p':
        return WISH_UNPRIVILEGED;
    case 'c':
        return take_other_helper(answers, frame);
    default: /* 's': is_frame() allows no other */
        return take_status(answers, frame);
    }
}

enum wish next_wish(struct answers *answers)
{
    enum wish wish = WISH_NOTHING;
    while (wish == WISH_NOTHING && answers->length - answers->start >= FRAME_HEAD_OCTETS) {
        unsigned char *const head = answers->octets + answers->start;
        const struct frame frame = {
            .letter = head[0], .content = head + FRAME_HEAD_OCTETS, .length = (size_t)number_in(head + 1, 2)};
        if (!is_frame(frame.letter, frame.length)) {
            answers->may_hide_doubt = answers->may_hide_doubt || may_have_been_doubt(frame.letter, frame.length);
            return WISH_BROKEN;
        }
        if (answers->length - answers->start - FRAME_HEAD_OCTETS < frame.length) {
            return WISH_NOTHING;
        }
        answers->start += FRAME_HEAD_OCTETS + frame.length;
        answers->frames++;
        wish = take_frame(answers, &frame);
        answers->has_begun = wish == WISH_BROKEN ? answers->has_begun : !is_of_no_helper(frame.letter);
    }
    return wish;
}

/* Return whether the unparsed octets contain a `d` frame. */
static bool hold_doubt(const unsigned char *octets, size_t length)
{
    for (size_t at = 0; at + FRAME_HEAD_OCTETS <= length; at++) {
        if (octets[at] == 'd' && octets[at + 1] == 0 && octets[at + 2] == 0) {
            return true;
        }
    }
    return false;
}

void look_for_doubt(struct answers *answers, int channel)
{
    const bool may_be_sent = answers->has_message || answers->is_session;
    bool is_doubt = answers->may_hide_doubt;
    /* From now on the helper cannot send to us. If it cannot send `d`, it does not send the message. */
    const bool is_deaf = shutdown(channel, SHUT_RD) == 0;
    do {
        const size_t left = answers->length - answers->start;
        is_doubt = is_doubt || hold_doubt(answers->octets + answers->start, left);
        answers->start = answers->length - (left < 2 ? left : 2); /* keep a `d` that the buffer cuts off */
    } while (is_deaf && receive_answers(answers, channel));
    answers->is_in_doubt = answers->is_in_doubt || (may_be_sent && is_doubt);
}
