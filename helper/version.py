"""The version of Gatepost: frontend and helper have the same version, except during an upgrade."""

from __future__ import annotations

VERSION = "0.1.0"
