/*
 * Whatever a helper says, in pieces of whatever length, answers.c shows, asks and ends as the plain reader below does,
 * which has all of it at once; and no octet outside is touched. The first octet chooses what is known before, the
 * second the length of the pieces.
 */
#include "../../frontend/answers.h"
#include "../../frontend/message.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHOWN_OCTETS = 256 * 1024, HELLO_IS_OUT = 1, IS_ANSWERED = 2 };

/* What came of it. */
struct told {
    unsigned char shown[2][SHOWN_OCTETS]; /* standard output, standard error */
    size_t length[2];
    unsigned messages, inputs;
    uint64_t limit;
    size_t most;
    enum wish end;
    bool is_in_doubt, is_session;
    int status;
    bool drains;
    size_t line_length;
};

static struct told found, expected;
static struct answers answers;

/* In the place of message.c's: what is written is kept. */
int write_all(int target, const unsigned char *octets, size_t length, int timeout_ms)
{
    (void)timeout_ms;
    const int stream = target - STDOUT_FILENO;
    if (length > SHOWN_OCTETS - found.length[stream]) {
        abort();
    }
    memcpy(found.shown[stream] + found.length[stream], octets, length);
    found.length[stream] += length;
    return 0;
}

static void expect_octet(int stream, unsigned char octet)
{
    expected.shown[stream][expected.length[stream]++] = octet;
}

static bool has_nul(const uint8_t *octets, size_t length)
{
    return length > 0 && memchr(octets, 0, length) != NULL;
}

static bool has_doubt(const uint8_t *octets, size_t length)
{
    return length >= 3 && memmem(octets, length, "d\0\0", 3) != NULL;
}

/* The rules of the wire, read from top to bottom. */
static void expect(uint8_t known, const uint8_t *octets, size_t size)
{
    bool is_open = false, has_begun = false, is_suspect = false;
    size_t at = 0;
    expected.end = WISH_NOTHING;
    while (expected.end == WISH_NOTHING && size - at >= 3) {
        const uint8_t letter = octets[at];
        const size_t length = (size_t)octets[at + 1] * 256 + octets[at + 2];
        const uint8_t *const content = octets + at + 3;
        const bool is_question = letter == 'm' || letter == 'r';
        const bool fits = letter == 'e' || letter == 'o' || (letter == 'c' && length > 0) || (letter == 'm' && length == 9) ||
                          ((letter == 'r' || letter == 's') && length == 2) ||
                          (letter != 0 && strchr("dkp", letter) != NULL && length == 0);
        if (!fits) {
            is_suspect |= letter == 0 || letter == 'd' || (length == 0 && __builtin_popcount(letter ^ 'd') == 1);
            expected.end = WISH_BROKEN;
            break;
        }
        if (size - at - 3 < length) {
            break;
        }
        at += 3 + length;
        expected.end = WISH_BROKEN;
        if ((letter == 'p' || letter == 'c') && !has_begun) {
            expected.end = letter == 'p' ? WISH_UNPRIVILEGED : WISH_OTHER_HELPER;
            expected.line_length = length;
            is_suspect |= has_nul(content, length);
        } else if (letter == 'e' || letter == 'o') {
            for (size_t each = 0; each < length; each++) {
                const bool is_shown =
                    (content[each] >= ' ' && content[each] <= '~') || content[each] == '\r' || content[each] == '\n';
                expect_octet(letter == 'e', is_shown ? content[each] : '?');
            }
            if (letter == 'e') {
                expect_octet(1, '\n');
            }
            is_suspect |= length == 0 || has_nul(content, length);
            expected.end = WISH_NOTHING;
        } else if (is_question && (known & HELLO_IS_OUT) && !is_open && expected.messages == 0 &&
                   (letter == 'r' || !expected.is_session)) {
            is_open = (known & IS_ANSWERED) == 0;
            if (letter == 'm' && content[8] <= 1) {
                expected.messages++;
                expected.limit = 0;
                for (int each = 0; each < 8; each++) {
                    expected.limit = expected.limit * 256 + content[each];
                }
                expected.end = WISH_NOTHING;
            } else if (letter == 'r') {
                expected.is_session = true;
                expected.most = (size_t)content[0] * 256 + content[1];
                expected.inputs += expected.most > 0;
                expected.end = expected.most > 0 ? WISH_NOTHING : WISH_BROKEN;
            }
        } else if (letter == 'd') {
            expected.is_in_doubt = true;
            expected.end = WISH_NOTHING;
        } else if (letter == 'k') {
            expected.is_in_doubt = is_suspect = false;
            expected.end = WISH_NOTHING;
        } else if (letter == 's' && content[1] <= 1) {
            expected.status = content[0];
            expected.drains = content[1] == 1;
            expected.end = WISH_END;
        }
        has_begun = true;
    }
    if (expected.end == WISH_BROKEN || expected.end == WISH_NOTHING) {
        is_suspect |= has_doubt(octets + at, size - at);
        expected.is_in_doubt |= is_suspect && (expected.messages > 0 || expected.is_session);
    }
}

/* Say some octets; none are the end. */
static size_t say(int end, const uint8_t *octets, size_t length)
{
    if (length == 0) {
        (void)shutdown(end, SHUT_WR);
    } else if (write(end, octets, length) != (ssize_t)length) {
        abort();
    }
    return length;
}

/* Say something to answers.c, in pieces, and do what it asks for, as sendmail.c does. */
static void find(uint8_t known, size_t piece, const uint8_t *octets, size_t size)
{
    int ends[2];
    size_t said = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        abort();
    }
    memset(&answers, 0, sizeof answers - sizeof answers.octets);
    forget_answers(&answers);
    answers.hello_is_out = (known & HELLO_IS_OUT) != 0;
    for (;;) {
        found.end = next_wish(&answers);
        if (found.end == WISH_MESSAGE || found.end == WISH_INPUT) {
            found.messages += found.end == WISH_MESSAGE;
            found.inputs += found.end == WISH_INPUT;
            answers.question_is_open = (known & IS_ANSWERED) == 0;
            continue;
        }
        if (found.end != WISH_NOTHING) {
            break;
        }
        said += say(ends[1], octets + said, piece < size - said ? piece : size - said);
        if (!receive_answers(&answers, ends[0])) {
            break;
        }
    }
    if (found.end == WISH_BROKEN || found.end == WISH_NOTHING) {
        (void)say(ends[1], octets + said, size - said);
        look_for_doubt(&answers, ends[0]);
        if (write(ends[1], "d", 1) == 1) {
            abort();
        }
    }
    found.is_in_doubt = answers.is_in_doubt;
    found.is_session = answers.is_session;
    found.limit = answers.limit;
    found.most = answers.most;
    found.status = answers.status;
    found.drains = answers.drains;
    found.line_length = answers.line_length;
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void compare(const char *what, size_t is, size_t should_be)
{
    if (is != should_be) {
        (void)fprintf(stderr, "%s: found %zu, expected %zu\n", what, is, should_be);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
    if (size < 2 || size > 90000) {
        return 0;
    }
    const size_t head = offsetof(struct told, messages);
    found.length[0] = found.length[1] = expected.length[0] = expected.length[1] = 0;
    memset((unsigned char *)&found + head, 0, sizeof found - head);
    memset((unsigned char *)&expected + head, 0, sizeof expected - head);
    (void)signal(SIGPIPE, SIG_IGN);
    find(octets[0], octets[1] == 0 ? 50000 : octets[1], octets + 2, size - 2);
    expect(octets[0], octets + 2, size - 2);
    compare("end", found.end, expected.end);
    compare("doubt", found.is_in_doubt, expected.is_in_doubt);
    compare("session", found.is_session, expected.is_session);
    compare("messages", found.messages, expected.messages);
    compare("inputs", found.inputs, expected.inputs);
    compare("limit", found.limit, expected.limit);
    compare("most", found.most, expected.most);
    compare("status", (size_t)found.status, (size_t)expected.status);
    compare("drains", found.drains, expected.drains);
    compare("line", found.line_length, expected.line_length);
    for (int stream = 0; stream < 2; stream++) {
        compare("octets", found.length[stream], expected.length[stream]);
        compare("text", memcmp(found.shown[stream], expected.shown[stream], found.length[stream]) != 0, 0);
    }
    return 0;
}
