"""The version of Gatepost: frontend and helper are of one version, but for the moment of an upgrade."""

from __future__ import annotations

VERSION = "0.1.0"
