"""Where the frontend looks, fixed at install time (`make install` writes this file anew; these are its defaults)."""

from __future__ import annotations

SOCKET = "/run/gatepost/socket"
