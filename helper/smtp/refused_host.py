"""What it means that a smart host refuses us before any transaction."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.reply import Reply


def refused_host(command: str, reply: Reply, for_good: int = status.UNAVAILABLE) -> HostFailed | ReplyError:
    """Return the failure for a refusal, `for_good` where it is 5xx, or for a reply that belongs elsewhere."""
    if reply.code < 400:
        return ReplyError(command, f"makes no sense here: {reply.text}")
    return HostFailed(f"{command} was refused: {reply.text}", status.TEMPORARY if reply.is_temporary else for_good)
