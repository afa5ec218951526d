"""Dovecot's submission proxy shows DSN only to whom it knows, and hands each reply of the next server on."""

from __future__ import annotations

from tests.support.realservers.dovecot import Dovecot
from tests.system.outcome import facts_of
from tests.system.real import BOTH, assert_taken, send


def test_what_is_offered_only_after_authentication_is_used(installation, real):
    server = real(Dovecot)
    options = ("-N", "failure,delay", "-R", "hdrs", "-V", "id42")
    result = send(installation, server.endpoint("starttls"), *options, *BOTH)
    assert_taken(result, server)
    message = server.relay.message
    assert (message.parameters["RET"], message.parameters["ENVID"]) == ("HDRS", "id42")
    assert [recipient.parameters["NOTIFY"] for recipient in message.recipients] == ["FAILURE,DELAY"] * 2


def test_the_reply_is_the_next_servers_own(installation, real):
    server = real(Dovecot)
    result = send(installation, server.endpoint("implicit"), *BOTH)
    assert facts_of(result.log_line)["reply"] == "250 2.0.0 taken"
