/*
 * wire.h - what sendmail sends to a helper: the hello with its arguments, once, and an answer to each question.
 *
 * Part of sendmail.c, as start.h is.
 */
#ifndef GATEPOST_WIRE_H
#define GATEPOST_WIRE_H

#include "answers.h"
#include "helpers.h"

enum {
    HELLO_HEAD_OCTETS = 18,
    ARGUMENTS_AT_ONCE = 64,
    TRIES_MOST = 300, /* one every TRY_MS */
    TRY_MS = 10
};

/* What a helper receives first. */
struct hello {
    char *const *arguments;
    size_t count;
    unsigned char kind_of_input;
};

static void put_number(unsigned char *octets, size_t number)
{
    for (int at = 3; at >= 0; at--) {
        octets[at] = (unsigned char)(number & 0xff);
        number >>= 8;
    }
}

/* Wait until octets can be sent. False if the helper sends something first, or at the deadline. */
static bool can_send(const struct helper *helper)
{
    struct pollfd channel = {.fd = helper->channel, .events = POLLIN | POLLOUT, .revents = 0};
    const int count = poll(&channel, 1, helper->first_frame_ms == 0 ? -1 : left_ms(helper->first_frame_ms));
    return count < 0 ? errno == EINTR : count > 0 && (channel.revents & ~POLLOUT) == 0;
}

/* Return whether to try again: after a signal, for a slow helper, or with too many descriptors in flight. */
static bool may_send_again(const struct helper *helper, unsigned tries)
{
    if (errno == ETOOMANYREFS && tries < TRIES_MOST) {
        return poll(NULL, 0, TRY_MS) == 0 || errno == EINTR;
    }
    return errno == EINTR || (errno == EAGAIN && can_send(helper));
}

/*
 * Send all parts, and a descriptor with the first octet (-1: none). False on failure, with errno set.
 */
static bool send_parts(const struct helper *helper, struct iovec *parts, uint8_t count, int descriptor)
{
    for (unsigned tries = 0; count > 0; tries++) {
        ssize_t sent = send_octets(helper->channel, parts, count, descriptor);
        if (sent < 0 && !may_send_again(helper, tries)) {
            return false;
        }
        descriptor = sent > 0 ? -1 : descriptor;
        for (; sent > 0 || (count > 0 && parts->iov_len == 0); parts++, count--) {
            if ((size_t)sent < parts->iov_len) {
                parts->iov_base = (unsigned char *)parts->iov_base + sent;
                parts->iov_len -= (size_t)sent;
                break;
            }
            sent -= (ssize_t)parts->iov_len;
        }
    }
    return true;
}

/* Send the hello. Stop if the helper sends something before it has all of it: it does not want it. */
static bool send_hello(const struct helper *helper, const struct hello *hello)
{
    unsigned char head[HELLO_HEAD_OCTETS] = "GATEPOST\x02";
    unsigned char lengths[ARGUMENTS_AT_ONCE][4];
    struct iovec parts[2 * ARGUMENTS_AT_ONCE] = {{.iov_base = head, .iov_len = sizeof head}};
    size_t total = 0;
    for (size_t at = 0; at < hello->count; at++) {
        total += sizeof lengths[0] + strlen(hello->arguments[at]);
    }
    head[9] = hello->kind_of_input;
    put_number(head + 10, hello->count);
    put_number(head + 14, total);
    if (!send_parts(helper, parts, 1, helper->read_end)) {
        return false;
    }
    for (size_t from = 0; from < hello->count; from += ARGUMENTS_AT_ONCE) {
        uint8_t count = 0; /* fits msg_iovlen of every C library */
        for (size_t at = from; at < hello->count && count < ARGUMENTS_AT_ONCE; at++, count++) {
            const size_t length = strlen(hello->arguments[at]);
            put_number(lengths[count], length);
            parts[2 * count] = (struct iovec){.iov_base = lengths[count], .iov_len = sizeof lengths[count]};
            parts[2 * count + 1] = (struct iovec){.iov_base = hello->arguments[at], .iov_len = length};
        }
        if (!send_parts(helper, parts, (uint8_t)(2 * count), -1)) {
            return false;
        }
    }
    return true;
}

/* Send a frame, and a descriptor with it (-1: none). False on failure, with errno set. */
static bool send_frame(const struct helper *helper, unsigned char letter, const void *octets, size_t length,
                       int descriptor)
{
    unsigned char head[FRAME_HEAD_OCTETS] = {letter, (unsigned char)(length >> 8), (unsigned char)(length & 0xff)};
    struct iovec parts[] = {{head, sizeof head}, {(void *)(uintptr_t)octets, length}};
    return send_parts(helper, parts, sizeof parts / sizeof parts[0], descriptor);
}

#endif
