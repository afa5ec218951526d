# Only written: it has not been merged on a Gentoo system yet.
EAPI=8

inherit acct-user

DESCRIPTION="Gatepost, stands in for root"
ACCT_USER_ID=-1
ACCT_USER_GROUPS=( mailnull )

acct-user_add_deps
