/*
 * sendmail - gather what the caller gives, and do what the helper asks.
 *
 * It belongs to root and has no set-id bit. It starts a helper at the other end of a socketpair, sends it the arguments
 * octet for octet, and answers its questions. It parses no option, no address and no SMTP, and decides nothing. The
 * set-id launcher starts an ordinary caller's helper. Root does not execute the launcher, because the service user owns
 * it and could have replaced it. Instead root gives itself up, in both processes, and executes the interpreter, which
 * belongs to root. Either way the helper has the caller's real ids and the service user's effective ids. If the real
 * user is the stand-in user, root called.
 *
 * If that helper cannot serve, sendmail tries gatepost.socket, and then a helper without privilege. That one serves the
 * caller's own configuration, or reports the reason that sendmail passes as its only argument.
 *
 * The program consists of rights.h (what it gives up), helpers.h (how it starts a helper), wire.h (what it sends),
 * answers.c (what it receives), message.c (standard input), and the story in this file.
 */
#include "../helper/start.h"
#include "answers.h"
#include "message.h"
#include "rights.h"
#include "helpers.h"
#include "wire.h"

#ifndef FRAME_MS
#define FRAME_MS 60000 /* for a frame that has begun */
#endif

#define ENDED NOT_SENT("the helper ended without an answer")
#define ENDED_IN_DOUBT "sendmail: may have been sent: the helper ended while the smart host was taking the message"
#define SOCKET_ENDED NOT_SENT("the helper behind " SOCKET " ended without an answer")
#define SOCKET_SENT_AWAY SOCKET_ENDED " (too many at once?)"
#define SOCKET_SILENT NOT_SENT("the helper behind " SOCKET " did not answer in time")

enum {
    FOLLOWERS_MOST = 2, /* helpers after the first */
    NOBODY = 65534      /* whom root becomes if there is no stand-in user: the kernel's overflow uid */
};

/* The caller, and what root's send needs to reach gatepost.socket. */
struct caller {
    struct hello hello;
    bool is_root;
    int connector; /* to the process that connects to gatepost.socket as root; -1: this process connects */
};

static struct answers answers;
static struct message message;
static unsigned char input[FRAME_CONTENT_OCTETS];

/*
 * If a standard descriptor is closed, the next file to be opened would get its number, and text for the user would be
 * written to that file. So each closed one is opened on /dev/null for reading: reading finds the end of the file, and
 * writing fails as before. All other descriptors stay as they are, because a lock or a terminal can depend on one.
 */
static void hold_standard_descriptors(void)
{
    for (int number = 0; number <= 2; number++) {
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != number) {
            refuse(NOT_SENT("cannot open /dev/null"));
        }
    }
}

/* A reader of our output may end, and a file may be full: write(2) reports both. Other signals are the caller's. */
static void ignore_signals_of_writes(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
        refuse(NOT_SENT("cannot ignore SIGPIPE and SIGXFSZ"));
    }
}

/* With a low limit this process would die without a message. If the kernel refuses to raise one, it stays. */
static void raise_own_limits(void)
{
    (void)raise_limit(RLIMIT_NOFILE, 0, 1024);
    (void)raise_limit(RLIMIT_CPU, 0, RLIM_INFINITY);
    (void)raise_limit(RLIMIT_FSIZE, 0, RLIM_INFINITY);
}

/* Answers to the helper's questions */

/* Answer a question. If the answer cannot be sent, shut the channel down, so that the helper does not wait for it. */
static void answer(const struct helper *helper, unsigned char letter, const void *octets, size_t length)
{
    answers.question_is_open = false;
    if (!send_frame(helper, letter, octets, length, -1)) {
        (void)shutdown(helper->channel, SHUT_WR);
    }
}

static void answer_problem(const struct helper *helper, int problem)
{
    unsigned char number[4];
    put_number(number, (size_t)problem);
    answer(helper, 'X', number, sizeof number);
}

/* If the kernel refuses to pass the descriptor, the answer is that error. */
static void answer_message(const struct helper *helper)
{
    if (send_frame(helper, 'F', NULL, 0, message.memory)) {
        answers.question_is_open = false;
    } else {
        answer_problem(helper, errno);
    }
}

/* Read some of the message. Pass it to the helper when it is complete. */
static void go_on_with_message(const struct helper *helper)
{
    const int state = take_message(&message);
    if (state == MORE) {
        return;
    }
    if (state == COMPLETE) {
        answer_message(helper);
    } else {
        answer_problem(helper, state);
    }
    (void)close(message.memory);
}

/* Pass the next octets of standard input to the helper. */
static void go_on_with_input(const struct helper *helper)
{
    const ssize_t count = read_input(input, answers.most);
    if (count != MORE) {
        answer(helper, 'R', input, (size_t)count);
    }
}

/* Note whether this process has read nothing for long: its output was not read, or it was stopped. */
static void note_pause(struct helper *helper)
{
    helper->was_kept_waiting = helper->was_kept_waiting || now_ms() - helper->heard_ms > FRAME_MS / 4 * 3;
}

/*
 * Return when the helper has to send something at the latest, 0 for no limit. There is no limit for the rest of a frame
 * if this process may have read nothing for so long (a slow reader of -v, a stop) that the helper has given up showing
 * text and sends only what ends a send.
 */
static int64_t time_limit(struct helper *helper)
{
    note_pause(helper);
    if (!frame_is_torn(&answers)) {
        helper->torn_ms = 0;
        return answers.has_begun ? 0 : helper->first_frame_ms;
    }
    if (helper->torn_ms == 0 || helper->torn_frame != answers.frames) {
        helper->torn_ms = now_ms();
        helper->torn_frame = answers.frames;
    }
    return helper->was_kept_waiting ? 0 : helper->torn_ms + FRAME_MS;
}

/* Read what the helper has sent. False if it has ended. */
static bool receive_what_came(struct helper *helper)
{
    note_pause(helper);
    helper->heard_ms = now_ms();
    if (receive_answers(&answers, helper->channel)) {
        return true;
    }
    helper->has_sent_us_away = !answers.has_begun && (errno != 0 || !answers.hello_is_out);
    return false;
}

/* Wait for the helper, and for standard input if it is asked for. Act on what comes. False if the helper has ended. */
static bool take_what_comes(struct helper *helper)
{
    struct pollfd sources[] = {{.fd = helper->channel, .events = POLLIN, .revents = 0},
                               {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}};
    const bool is_open = answers.question_is_open;
    const bool waits = is_open && (answers.is_session || message.has_to_wait);
    const int64_t until_ms = time_limit(helper);
    const int timeout_ms = is_open && !waits ? 0 : until_ms == 0 ? -1 : left_ms(until_ms);
    const int count = poll(sources, waits ? 2 : 1, timeout_ms);
    if (count < 0) {
        return errno == EINTR;
    }
    if (sources[0].revents != 0) {
        return receive_what_came(helper);
    }
    if (until_ms != 0 && left_ms(until_ms) == 0) {
        helper->was_silent = true;
        return false;
    }
    if (is_open && (!waits || sources[1].revents != 0)) {
        if (answers.is_session) {
            go_on_with_input(helper);
        } else {
            go_on_with_message(helper);
        }
    }
    return true;
}

static void begin_message_answer(const struct helper *helper)
{
    const int problem = begin_message(&message, answers.limit, answers.dot_ends);
    if (problem != 0) {
        answer_problem(helper, problem);
    }
}

/* Read no more input from a client that does not read replies. */
static void begin_input_answer(const struct helper *helper)
{
    if (answers.output_error != 0 || problem_of_input() != 0) {
        answer(helper, 'R', NULL, 0);
    }
}

/* Do what the helper asks, until it asks for another helper, sends the status, or ends (WISH_NOTHING). */
static enum wish serve(struct helper *helper)
{
    for (;;) {
        const enum wish wish = next_wish(&answers);
        if (wish == WISH_MESSAGE) {
            begin_message_answer(helper);
        } else if (wish == WISH_INPUT) {
            begin_input_answer(helper);
        } else if (wish != WISH_NOTHING) {
            return wish;
        } else if (!take_what_comes(helper)) {
            return WISH_NOTHING;
        }
    }
}

/* Ends */

__attribute__((noreturn)) static void end_with_status(void)
{
    if (answers.output_error != 0 && answers.status == 0 && !answers.is_session) {
        show_line(&answers, (const char *const[]){"sendmail: standard output cannot be written: ",
                                                  strerror(answers.output_error), NULL});
        answers.status = STATUS_FAILED;
    }
    if (answers.drains) {
        drain_input();
    }
    _exit(answers.status);
}

/* Report that the helper ended without a status. */
__attribute__((noreturn)) static void end_without_status(const char *line)
{
    static const unsigned char line_end[] = "\r\n";
    static const unsigned char reply[] = "421 4.3.0 the mail helper has ended\r\n";
    if (answers.is_session) {
        if (answers.output_is_torn) {
            show_text(&answers, line_end, sizeof line_end - 1);
        }
        show_text(&answers, reply, sizeof reply - 1);
    }
    show_line(&answers, (const char *const[]){line, NULL});
    if (!answers.is_session) {
        drain_input();
    }
    _exit(STATUS_FAILED);
}

static const char *last_words(const struct helper *helper)
{
    if (!helper->is_behind_socket) {
        return ENDED;
    }
    if (helper->was_silent) {
        return SOCKET_SILENT;
    }
    return helper->has_sent_us_away ? SOCKET_SENT_AWAY : SOCKET_ENDED;
}

/* Let a helper serve the caller. Return the wish that ended it. */
static enum wish talk_to(const struct hello *hello, struct helper *helper)
{
    forget_answers(&answers);
    helper->heard_ms = now_ms();
    answers.hello_is_out = send_hello(helper, hello);
    const enum wish wish = serve(helper);
    if (wish == WISH_BROKEN || wish == WISH_NOTHING) {
        look_for_doubt(&answers, helper->channel);
    }
    (void)close(helper->channel);
    if (helper->read_end >= 0) {
        (void)close(helper->read_end);
    }
    return wish;
}

/* Keep the reason why a helper did not serve. A helper that was started with a reason has no other one. */
static void keep_reason(const struct helper *helper, enum wish wish)
{
    if (wish == WISH_UNPRIVILEGED) {
        (void)keep_sentence(0, "", 0);
    } else if (wish == WISH_OTHER_HELPER && !helper->has_sentence) {
        (void)keep_sentence(0, answers.line, answers.line_length);
    } else if (!helper->has_sentence) {
        const char *const words = last_words(helper);
        (void)keep_sentence(0, words, strlen(words));
    }
}

/* Start the next helper: the one behind the socket if it was asked for and not yet tried, else the unprivileged one. */
static void follow(struct helper *helper, enum wish wish, const struct caller *caller)
{
    const bool was_tried = helper->is_behind_socket || helper->has_sentence;
    if (wish == WISH_OTHER_HELPER && !was_tried) {
        connect_helper(helper, caller->connector);
    }
    if (wish != WISH_OTHER_HELPER || was_tried || helper->channel < 0) {
        start_unprivileged(helper, caller->is_root);
    }
}

/* Let a helper serve, then at most two others, and exit as the last one says. */
__attribute__((noreturn)) static void serve_caller(const struct caller *caller, struct helper *helper)
{
    enum wish wish = WISH_OTHER_HELPER; /* if the first one did not start, `sentence` has the reason */
    for (int followers = 0;; followers++) {
        if (helper->channel >= 0) {
            wish = talk_to(&caller->hello, helper);
            if (wish == WISH_END) {
                end_with_status();
            }
            if (answers.is_in_doubt) {
                end_without_status(ENDED_IN_DOUBT);
            }
            keep_reason(helper, wish);
        }
        const bool has_said_it = helper->has_sentence && wish != WISH_UNPRIVILEGED;
        if (answers.has_begun || has_said_it || followers == FOLLOWERS_MOST) {
            end_without_status(sentence[0] == '\0' ? ENDED : sentence);
        }
        follow(helper, wish, caller);
        if (helper->channel < 0) {
            end_without_status(sentence);
        }
    }
}

int main(int argc, char **argv)
{
    struct account service = {NOBODY, NOBODY};
    struct account standin = {NOBODY, NOBODY};
    struct helper helper = {.channel = -1, .read_end = -1};
    struct caller caller = {.is_root = getuid() == 0, .connector = -1};
    const char *problem = caller.is_root ? problem_of_root() : NULL;
    const bool as_root = caller.is_root && problem == NULL;

    hold_standard_descriptors();
    ignore_signals_of_writes();
    raise_own_limits();
    if (!caller.is_root) {
        give_up_borrowed_rights();
    }
    if (as_root) {
        problem = problem_of_accounts(&service, &standin);
        standin = problem == NULL ? standin : (struct account){NOBODY, NOBODY};
    }
    if (problem != NULL) {
        keep_first_sentence(problem);
    }
    if (problem == NULL && start_process(&helper)) {
        if (!as_root) {
            execute_launcher();
        }
        give_up_root(standin.gid, service.gid, standin.uid, service.uid);
        execute_helper();
    }
    if (as_root) {
        caller.connector = leave_connector();
        give_up_root(standin.gid, standin.gid, standin.uid, standin.uid);
    } else if (caller.is_root) {
        give_up_all_but_name();
    }
    caller.hello = (struct hello){.arguments = argv, .count = (size_t)argc, .kind_of_input = kind_of_input()};
    serve_caller(&caller, &helper);
}
