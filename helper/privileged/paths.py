"""Where everything is, fixed at install time (`make install` writes this file anew; these are its defaults)."""

from __future__ import annotations

VERSION = "0.1.0"  # of helper/version.py
PYTHON = "/usr/bin/python3"
PYTHON_MODULES = "/usr/lib/python3/dist-packages"
LAUNCHER = "/usr/libexec/gatepost/launcher"
CONFIGURATION = "/etc/gatepost/gatepost.toml"
COMPILED = "/etc/gatepost/gatepost.compiled"
SOCKET = "/run/gatepost/socket"
SECRETS = "/etc/gatepost/secrets"
SERVICE_USER = "mailuser"
STANDIN_USER = "mailnull"
