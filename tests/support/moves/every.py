"""All configurations."""

from __future__ import annotations

from tests.support.moves import Move, dma, esmtp, exim, msmtp, nullmailer, postfix, ssmtp

EVERY: tuple[Move, ...] = tuple(
    move for peer in (msmtp, ssmtp, dma, nullmailer, esmtp, postfix, exim) for move in peer.MOVES
)
