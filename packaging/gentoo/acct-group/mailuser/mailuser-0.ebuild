# Only written: it has not been merged on a Gentoo system yet.
EAPI=8

inherit acct-group

ACCT_GROUP_ID=-1
