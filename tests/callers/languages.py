"""What programming languages bring along for sending mail."""

from __future__ import annotations

from tests.callers.caller import CAROL, DAVE, ERIN, REASON, TEXT, Caller
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

SYMFONY = """\
<?php
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
use Symfony\\Component\\Mailer\\{Exception\\TransportException, Mailer, Transport};
use Symfony\\Component\\Mime\\Email;

function greet(Mailer $mailer, string ...$recipients): string
{
    $email = (new Email())->from('alice@example.net')->to(...$recipients)->subject('Grüße')
        ->text(file_get_contents('text'));
    try {
        $mailer->send($email);
    } catch (TransportException $error) {
        return $error->getMessage();
    }
    return '';
}

$mailer = new Mailer(Transport::fromDsn('sendmail://default'));
"""
SYMFONY_ONCE = """\
$said = greet($mailer, 'carol@example.org', 'dave@example.org', 'erin@example.org');
echo $said;
exit($said === '' ? 0 : 1);
"""
# A worker that keeps one transport: its password is changed between two messages.
SYMFONY_NEW_PASSWORD = """\
$said = [greet($mailer, 'carol@example.org')];
while (!file_exists('/mnt/changed')) {
    usleep(10000);
    clearstatcache();
}
$change = "printf %s 'another password' >/etc/gatepost/secrets/relay.password";
exec('echo secret of alice | sudo -S sh -c ' . escapeshellarg($change) . ' 2>&1', $output, $status);
$said[] = $status;
foreach (['dave', 'erin', 'carol'] as $name) {
    $said[] = greet($mailer, "$name@example.org");
}
echo json_encode($said, JSON_UNESCAPED_SLASHES);
"""
SYMFONY_FAILS = """\
for ($refused = 0; $refused < 1000 && str_contains(greet($mailer, 'carol@example.org'), 'no such user'); $refused++);
echo json_encode([$refused, greet($mailer, 'dave@example.org')]);
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
    Caller(
        name="PHP Symfony Mailer",
        package="php-symfony-mailer",
        script="php send.php",
        files={"home/alice/send.php": SYMFONY + SYMFONY_ONCE},
        argv=("-bs",),
        recipients=ALL_THREE,
        fails=1,
        says=REASON,
    ),
)
