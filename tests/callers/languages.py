"""What programming languages bring along for sending mail."""

from __future__ import annotations

from tests.callers.caller import CAROL, DAVE, ERIN, TEXT, Caller
from tests.callers.readers import ALL_THREE, REFUSED

PHP = r"""<?php
$more = "From: alice@example.net\r\nCc: dave@example.org\r\nBcc: erin@example.org\r\n"
    . "Content-Type: text/plain; charset=UTF-8\r\n";
exit(mail("carol@example.org", "Greetings", file_get_contents("text"), $more) ? 0 : 1);
"""
EMAIL_SENDER = """\
use Email::Simple;
use Email::Sender::Simple 'sendmail';
open my $file, '<', 'text';
my $text = join '', <$file>;
my $email = Email::Simple->create(
    header => [From => 'alice@example.net', To => 'carol@example.org', Subject => 'Greetings'], body => $text);
sendmail($email, {to => ['carol@example.org', 'dave@example.org', 'erin@example.org']});
"""
MIME_LITE = """\
use MIME::Lite;
my $message = MIME::Lite->new(From => 'alice@example.net', To => 'carol@example.org', Cc => 'dave@example.org',
    Bcc => 'erin@example.org', Subject => 'Greetings', Type => 'text/plain; charset=UTF-8', Path => 'text');
exit($message->send('sendmail') ? 0 : 1);
"""
RUBY = """\
require 'mail'
Mail.defaults { delivery_method :sendmail }
message = Mail.new(from: 'alice@example.net', to: 'carol@example.org', cc: 'dave@example.org',
    bcc: 'erin@example.org', subject: 'Grüße', body: File.read('text'), charset: 'UTF-8')
message.deliver!
"""

LANGUAGES = (
    Caller(
        name="PHP mail()",
        package="php-cli",
        script="php send.php",
        files={"home/alice/send.php": PHP},
        argv=("-t", "-i"),
        subject="Greetings",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="Perl Email::Sender",
        package="libemail-sender-perl",
        script="perl send.pl",
        files={"home/alice/send.pl": EMAIL_SENDER},
        argv=("-i", "-f", "alice@example.net", "--", "carol@example.org", "dave@example.org", "erin@example.org"),
        subject="Greetings",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="Perl MIME::Lite",
        package="libmime-lite-perl",
        script="perl send.pl",
        files={"home/alice/send.pl": MIME_LITE},
        argv=("-t", "-oi", "-oem", "-falice@example.net"),
        subject="Greetings",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="Ruby mail",
        package="ruby-mail",
        script="ruby send.rb",
        files={"home/alice/send.rb": RUBY},
        argv=("-i", "-f", "alice@example.net", "--", *map(bytes.decode, (CAROL, DAVE, ERIN))),
        body=TEXT.replace("\n", "\r\n"),  # it encodes the CR of its line ends
        recipients=ALL_THREE,
        says=REFUSED,
    ),
)
