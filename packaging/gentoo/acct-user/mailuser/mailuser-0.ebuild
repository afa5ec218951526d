# Only written: it has not been merged on a Gentoo system yet.
EAPI=8

inherit acct-user

DESCRIPTION="Gatepost, holds the password of the smart host"
ACCT_USER_ID=-1
ACCT_USER_GROUPS=( mailuser )

acct-user_add_deps
