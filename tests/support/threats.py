"""The known attacks on programs like this one, by their numbers, and the tests that try each here.

A to K: identity, argv and environment, the interpreter, inherited state, memory, files, the wire, the message, the
network, other users, root's own commands and configurations. A test is a file below tests/, or one function in it.
"""

from __future__ import annotations

from collections.abc import Mapping

Attack = tuple[str, tuple[str, ...]]


def below(folder: str, *names: str) -> tuple[str, ...]:
    """Return test files of a folder; a function may follow a name."""
    return tuple(
        f"{folder}/test_{file}.py{dots}{function}" for file, dots, function in (n.partition("::") for n in names)
    )


def attack(*names: str) -> tuple[str, ...]:
    """Return files of tests/attack."""
    return below("attack", *names)


IDENTITY: Mapping[str, Attack] = {
    "A1": ("a set-id bit that the kernel ignores", attack("set_id_without_effect", "second_door")),
    "A2": ("root as the caller: a drop that raises", attack("roots_send")),
    "A3": ("a drop that fails or can be taken back", attack("drop_is_irreversible")),
    "A4": (
        "the uid -1",
        below("system", "c_programs::test_an_account_is_found_only_where_the_line_is_right"),
    ),
    "A5": (
        "ids that get lost in an exec",
        (*below("system", "c_programs::test_the_launcher_leaves_the_ids_as_they_are"), *attack("drop_is_irreversible")),
    ),
    "A6": ("groups that outlive the user", attack("drop_is_irreversible")),
    "A7": ("a set-id file that its owner replaces", attack("service_user_taken_over", "roots_send")),
    "A8": ("an old set-id file kept by a hard link", attack("kept_launcher")),
    "A9": ("the credentials of a socket taken for the caller's", attack("wrong_channel", "second_door")),
    "A10": ("capabilities and securebits handed down", attack("capabilities_of_the_caller")),
    "A11": ("dumpable again after the drop", attack("password_in_memory", "sandbox")),
}
ARGUMENTS_AND_ENVIRONMENT: Mapping[str, Attack] = {
    "B1": ("no argv[0]", attack("environment_and_argv")),
    "B2": ("LD_*, GLIBC_TUNABLES", attack("environment_and_argv")),
    "B3": ("the name of the program in the log", attack("escape_sequences", "environment_and_argv")),
    "B4": (
        "arguments escaped and unescaped",
        below("unit/request", "wire::test_every_hello_arrives_as_it_was_said"),
    ),
    "B5": (
        "variables parsed as options or identities",
        below("system", "identity::test_the_environment_makes_nobody_somebody_else"),
    ),
    "B6": ("an option that moves the root of trust", attack("options_that_name_files")),
    "B7": ("the environment of an interpreter's start", attack("environment_and_argv")),
    "B8": ("another configuration with privilege", attack("personal_run", "options_that_name_files")),
    "B9": ("options let through by web applications", attack("options_that_name_files")),
    "B10": ("oversized arguments, folders, input", attack("oversized_input", "environment_and_argv")),
    "B11": ("TZ, LOCPATH, GCONV_PATH", attack("environment_and_argv")),
    "B12": ("variables of the resolver", attack("environment_and_argv")),
    "B13": ("OPENSSL_CONF, SSL_CERT_FILE", attack("environment_and_argv")),
    "B14": ("SSLKEYLOGFILE", attack("environment_and_argv")),
    "B15": ("proxies", below("unit", "imports")),
    "B16": ("files of the working folder", attack("environment_and_argv")),
    "B17": ("arguments that ps shows", attack("seen_by_others")),
    "B18": ("stack clash by many arguments", attack("oversized_input", "environment_and_argv", "inherited_state")),
}
INTERPRETER: Mapping[str, Attack] = {
    "C1": ("PYTHON*, sitecustomize, .pth", attack("environment_and_argv")),
    "C2": ("pyvenv.cfg beside a chosen name", attack("environment_and_argv")),
    "C3": (".pyc files and folders that others write", attack("service_user_taken_over")),
    "C4": ("a zip file on the path of modules", attack("service_user_taken_over")),
    "C5": (
        "imports that come too late",
        (*attack("sandbox"), *below("unit/sandbox", "confine::test_modules_that_are_imported_late_can_be_read")),
    ),
    "C6": ("parsers that go back or go down", attack("oversized_input")),
    "C7": ("tracebacks", attack("password_never_shown")),
    "C8": (
        "libraries that start programs",
        attack("options_that_name_files::test_the_helper_opens_and_executes_the_same_whatever_is_asked"),
    ),
    "C9": ("serialised objects", below("unit", "imports")),
}
INHERITED_STATE: Mapping[str, Attack] = {
    "D1": ("closed standard descriptors", attack("inherited_state")),
    "D2": ("many descriptors", attack("inherited_state")),
    "D3": ("RLIMIT_FSIZE", attack("inherited_state")),
    "D4": ("other limits", attack("inherited_state")),
    "D5": ("blocked, ignored and pending signals", attack("inherited_state")),
    "D6": ("SIGCHLD ignored, children of before", attack("inherited_state")),
    "D7": ("timers", attack("inherited_state")),
    "D8": ("umask", attack("inherited_state")),
    "D9": ("the parent-death signal", attack("inherited_state", "killed_send")),
    "D10": ("priority and processors", attack("inherited_state")),
    "D11": ("the controlling terminal", attack("inherited_state")),
    "D12": (
        "keyrings",
        (*attack("sandbox"), *below("unit/sandbox", "seccomp::test_what_no_delivery_needs_is_refused")),
    ),
    "D13": ("namespaces", attack("set_id_without_effect")),
    "D14": ("offsets and flags shared with the caller", attack("shared_descriptors")),
}
MEMORY: Mapping[str, Attack] = {
    "E1": ("looking into the helper before the drop", attack("password_in_memory")),
    "E2": ("looking into the helper after the drop", attack("password_in_memory")),
    "E3": ("an exec after the drop", attack("looks_before_the_drop", "sandbox")),
    "E4": ("fs.suid_dumpable", attack("suid_dumpable")),
    "E5": ("core dumps", attack("core_dumps")),
    "E6": ("process_vm_readv, pidfd_getfd and their like", attack("password_in_memory")),
    "E7": ("killing and stopping", attack("killed_send")),
    "E8": ("limits set while it runs", (*attack("limits_of_a_running_send"), *below("load", "limited_anywhere"))),
    "E9": ("what is left in memory", attack("password_in_memory", "password_never_shown")),
    "E11": (
        "what refusals give away",
        below("unit/routing", "policy::test_the_refusal_tells_what_is_forbidden_and_no_more"),
    ),
}
FILES: Mapping[str, Attack] = {
    "F1": ("paths of the caller's opened with privilege", attack("options_that_name_files")),
    "F2": ("files created or removed", attack("writes_nothing")),
    "F3": (
        "a configuration that includes others",
        below(
            "unit/config", "mistakes::test_an_unknown_key_is_told_with_the_one_that_was_meant_unless_it_may_be_a_secret"
        ),
    ),
    "F4": ("owners and modes, and when they are looked at", attack("unsafe_files")),
    "F5": ("errors that quote a file", attack("password_never_shown", "personal_run")),
    "F6": ("devices and FIFOs as standard input", below("system", "stdin")),
}
WIRE: Mapping[str, Attack] = {
    "G1": ("memory files without seals", attack("lying_frontend")),
    "G2": ("memory files of a terabyte", attack("lying_frontend")),
    "G3": ("floods of descriptors", attack("lying_frontend")),
    "G4": ("frames that are none", attack("lying_frontend")),
    "G5": ("a frontend that never ends or never reads", attack("lying_frontend")),
    "G6": ("parts started by hand", attack("lying_frontend", "wrong_channel")),
    "G7": ("a status that is no helper's", (*attack("killed_send"), *below("system", "killed"))),
}
MESSAGE: Mapping[str, Attack] = {
    "H1": ("addresses expanded or executed", attack("options_that_name_files")),
    "H2": ("commands injected by the envelope", attack("injection")),
    "H3": ("header fields injected", attack("injection")),
    "H4": ("SMTP smuggling", (*attack("injection"), *below("unit/message", "smuggling"))),
    "H5": (
        "NUL, bare CR, long lines, 8 bits",
        (*below("unit/message", "body", "header"), *below("system", "bad_message", "messages")),
    ),
    "H6": ("another's sender", below("system", "identity", "identity_rules", "from_and_sender", "policies")),
    "H7": ("Bcc that is not removed", below("system", "header_rules")),
    "H8": ("too many recipients, too large messages", (*below("system", "bad_message"), *attack("oversized_input"))),
}
NETWORK: Mapping[str, Attack] = {
    "I1": ("STARTTLS stripped", attack("tls_stripped")),
    "I2": ("octets injected into STARTTLS", attack("tls_stripped")),
    "I3": ("octets of before the handshake", attack("tls_stripped")),
    "I4": ("certificates and names", (*attack("tls_stripped"), *below("system", "bad_luck_tls"))),
    "I5": (
        "authentication downgraded",
        below("system", "auth_mechanisms", "bad_luck_auth"),
    ),
    "I6": ("SCRAM forged", (*below("unit/smtp/sasl", "scram"), *below("system", "auth_mechanisms"))),
    "I7": ("challenges that are none", below("unit/smtp/sasl", "exchange")),
    "I8": ("endless replies", (*below("unit/smtp", "reply"), *below("faults", "bad_servers"))),
    "I9": (
        "one octet at a time",
        below("system", "bad_luck_network::test_a_host_that_is_slow_at_every_step_does_not_stretch_the_time"),
    ),
    "I10": ("replies that are none", (*below("unit/smtp", "reply"), *below("faults", "bad_servers"))),
    "I11": ("a DNS that lies", below("system", "dns_hosts")),
    "I12": ("escape sequences in replies", attack("escape_sequences")),
    "I13": ("a connection lost at the end", below("system", "in_doubt")),
    "I14": ("replies out of step", (*below("system", "refusals"), *below("faults", "bad_servers", "every_octet"))),
    "I15": (
        "the credential for a host of the caller's",
        attack("personal_run", "options_that_name_files", "credential_for_any_domain"),
    ),
    "I16": ("certificates by the hundred", attack("hostile_certificates")),
}
OTHER_USERS: Mapping[str, Attack] = {
    "J1": ("a process for each of many sends", attack("other_users_sends")),
    "J2": ("connections that stand still", attack("other_users_sends")),
    "J3": ("locks", attack("other_users_sends", "writes_nothing")),
    "J4": (
        "a log that fills up",
        below(
            "system",
            "log::test_an_entry_of_the_system_log_has_a_bounded_length",
            "log::test_a_full_log_does_not_change_the_truth",
        ),
    ),
    "J5": ("an account that the smart host locks", below("system", "policies", "bad_luck_auth")),
}
ROOTS_COMMANDS: Mapping[str, Attack] = {
    "K1": ("root at work in a directory that a user owns", attack("roots_commands")),
    "K2": ("a user's process on root's terminal", attack("roots_commands")),
    "K3": ("a caller who chooses the host that gets the credential", attack("credential_for_any_domain")),
    "K4": ("a program for the password in a set-gid installation", attack("command_for_a_password")),
    "K5": ("limits and stops on the program for the password", attack("command_for_a_password")),
    "K6": ("a log file in a directory of others", attack("unsafe_files")),
    "K7": ("personality(2) handed down", attack("inherited_state")),
    "K8": ("subordinate uids that no policy names", attack("uids_without_account")),
    "K9": ("another user's list", attack("lists_of_others")),
    "K10": ("other spellings past a policy", attack("other_spellings")),
    "K11": ("members of a protected alias file", attack("hidden_members")),
    "K12": ("commands injected by a chunk", attack("injected_by_a_chunk")),
    "K13": ("obsolete header syntax", attack("injection")),
    "K14": ("packages that change modes back", below("system", "modes_kept", "install")),
    "K15": (
        "a full queue of /dev/log",
        below("system", "log::test_a_system_log_that_is_full_keeps_nobody_longer_than_5_s"),
    ),
}
TESTED: Mapping[str, Attack] = (
    dict(IDENTITY)
    | dict(ARGUMENTS_AND_ENVIRONMENT)
    | dict(INTERPRETER)
    | dict(INHERITED_STATE)
    | dict(MEMORY)
    | dict(FILES)
    | dict(WIRE)
    | dict(MESSAGE)
    | dict(NETWORK)
    | dict(OTHER_USERS)
    | dict(ROOTS_COMMANDS)
)
# What no test can try, and why.
NOT_TESTED: Mapping[str, str] = {
    "E10": "swap and hibernation belong to the machine; the password stays in memory for seconds",
}
COUNTS = {"A": 11, "B": 18, "C": 9, "D": 14, "E": 11, "F": 6, "G": 7, "H": 8, "I": 16, "J": 5, "K": 15}
