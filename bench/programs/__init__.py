"""The programs that are compared, each with the same smart host and the same ordinary user."""

from __future__ import annotations

from bench.programs.curl import Curl
from bench.programs.dma import Dma
from bench.programs.esmtp import Esmtp
from bench.programs.exim import Exim
from bench.programs.gatepost import Gatepost
from bench.programs.msmtp import Msmtp
from bench.programs.snail import Snail

PROGRAMS = (Gatepost, Msmtp, Exim, Dma, Snail, Esmtp, Curl)
