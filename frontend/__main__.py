"""The script that sendmail.c starts: it only makes the rest importable, so that the rest is loaded compiled."""

import sys

sys.path.append(__file__.rsplit("/", 2)[0])

from frontend.main import main  # the path has to stand first

main()
