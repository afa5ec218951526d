/*
 * sendmail - gather what the caller gives, and do what the helper asks.
 *
 * It belongs to root and has no set-id bit. It starts a helper at the other end of a socketpair, sends it what it was
 * called with, octet for octet, and serves its questions; it parses no option, no address and no SMTP, and decides
 * nothing. An ordinary caller's helper is started by the set-id launcher. Root does not execute the launcher, which
 * belongs to the service user and could have been replaced by it: here root gives itself up, in both processes, and
 * executes the interpreter, which is root's own. Either way the helper sees real ids of who called and effective ids
 * of the service user, and the stand-in as real user means: root called.
 *
 * Where that helper cannot serve there is gatepost.socket, and a helper without privilege: it serves a configuration of
 * the caller's own, or says in its only argument's words why there is no other.
 *
 * One program of these: rights.h (what it gives up), ways.h (how a helper is started), wire.h (what it says), answers.c
 * (what it is told), message.c (standard input), and the story here.
 */
#include "../helper/start.h"
#include "answers.h"
#include "message.h"
#include "rights.h"
#include "ways.h"
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
    NOBODY = 65534      /* whom root becomes where there is no stand-in: the kernel's overflow uid */
};

/* Whom we serve. */
struct caller {
    struct hello hello;
    bool is_root;
    int connector; /* that connects to gatepost.socket in root's name; -1: we do */
};

static struct answers answers;
static struct message message;
static unsigned char input[FRAME_CONTENT_OCTETS];

/*
 * A descriptor that is closed would be given to the next file that is opened, and text for the user written to it. In
 * place of what was closed, reading gives nothing, and writing fails as it would have. All others stay as they are: a
 * lock can hang on one, or a terminal.
 */
static void hold_standard_descriptors(void)
{
    for (int number = 0; number <= 2; number++) {
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != number) {
            refuse(NOT_SENT("cannot open /dev/null"));
        }
    }
}

/* Whoever reads our output may go, and files may be full: write(2) says so as well. Other signals are the caller's. */
static void ignore_signals_of_writes(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
        refuse(NOT_SENT("cannot ignore SIGPIPE and SIGXFSZ"));
    }
}

/* Of a low limit we would die before we can say so. Where the kernel lets nobody change one, it is as it is. */
static void raise_own_limits(void)
{
    (void)raise_limit(RLIMIT_NOFILE, 0, 1024);
    (void)raise_limit(RLIMIT_CPU, 0, RLIM_INFINITY);
    (void)raise_limit(RLIMIT_FSIZE, 0, RLIM_INFINITY);
}

/* What a helper asks for */

/* Answer a question. A helper that is gone has said why, or its end is seen next; none waits for what will not come. */
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

/* The kernel may refuse to pass a descriptor: then that is the answer. */
static void answer_message(const struct helper *helper)
{
    if (send_frame(helper, 'F', NULL, 0, message.memory)) {
        answers.question_is_open = false;
    } else {
        answer_problem(helper, errno);
    }
}

/* Take some of the message, and hand it over when it has ended. */
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

/* Hand over what comes next. */
static void go_on_with_input(const struct helper *helper)
{
    const ssize_t count = read_input(input, answers.most);
    if (count != MORE) {
        answer(helper, 'R', input, (size_t)count);
    }
}

/* Note whether we have taken nothing for long: what we wrote was not read, or we were stopped. */
static void note_pause(struct helper *helper)
{
    helper->was_kept_waiting = helper->was_kept_waiting || now_ms() - helper->heard_ms > FRAME_MS / 4 * 3;
}

/*
 * Return until when the helper has to say something, 0 for no limit. There is none for the rest of a frame where we may
 * have taken nothing for so long (a slow reader of -v, a stop) that it shows us nothing more but what ends a send.
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

/* Wait for the helper, and for standard input if it is asked for, and act on what comes. False if the helper has ended. */
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

/* Who takes no replies is not listened to. */
static void begin_input_answer(const struct helper *helper)
{
    if (answers.output_error != 0 || problem_of_input() != 0) {
        answer(helper, 'R', NULL, 0);
    }
}

/* Do what the helper asks for, until it asks for another helper, has given the status, or has ended (WISH_NOTHING). */
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

/* Say in our own words how it ended. */
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

/* Let a helper serve, and return how that ended. */
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

/* Keep why a helper does not serve. Whoever was given a reason to say has no other. */
static void keep_reason(const struct helper *helper, enum wish wish)
{
    if (wish == WISH_UNPRIVILEGED) {
        (void)keep_sentence(0, "", 0);
    } else if (wish == WISH_OTHER_WAY && !helper->has_sentence) {
        (void)keep_sentence(0, answers.line, answers.line_length);
    } else if (!helper->has_sentence) {
        const char *const words = last_words(helper);
        (void)keep_sentence(0, words, strlen(words));
    }
}

/* Go on with the next helper: behind the socket, where one was asked for and none has been tried, else as the caller. */
static void follow(struct helper *helper, enum wish wish, const struct caller *caller)
{
    const bool was_tried = helper->is_behind_socket || helper->has_sentence;
    if (wish == WISH_OTHER_WAY && !was_tried) {
        connect_helper(helper, caller->connector);
    }
    if (wish != WISH_OTHER_WAY || was_tried || helper->channel < 0) {
        start_unprivileged(helper, caller->is_root);
    }
}

/* Have a helper serve, and at most two that follow it, and end as the last one says. */
__attribute__((noreturn)) static void serve_caller(const struct caller *caller, struct helper *helper)
{
    enum wish wish = WISH_OTHER_WAY; /* where not even the first one could be started, its sentence is there already */
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
