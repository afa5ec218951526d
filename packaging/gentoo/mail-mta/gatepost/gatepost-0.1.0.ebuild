# Only written: it has not been merged on a Gentoo system yet. packaging/gentoo is the beginning of an overlay.
EAPI=8

PYTHON_COMPAT=( python3_{11..14} )
inherit python-single-r1 toolchain-funcs

DESCRIPTION="A sendmail that hands each message to a smart host at once"
HOMEPAGE="https://gatepost.example/"
SRC_URI="https://gatepost.example/${P}.tar.gz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="~amd64 ~arm64"
REQUIRED_USE="${PYTHON_REQUIRED_USE}"
# `make test` wants root and a network.
RESTRICT="test"

RDEPEND="
	${PYTHON_DEPS}
	acct-user/mailnull
	acct-user/mailuser
	app-misc/ca-certificates
	$(python_gen_cond_dep 'dev-python/dnspython[${PYTHON_USEDEP}]')
	!mail-mta/courier
	!mail-mta/dma
	!mail-mta/esmtp
	!mail-mta/exim
	!mail-mta/msmtp[mta]
	!mail-mta/netqmail
	!mail-mta/nullmailer
	!mail-mta/opensmtpd
	!mail-mta/postfix
	!mail-mta/sendmail
"
# Both programs are static; where the C library is glibc, it has to have been built so.
DEPEND="elibc_glibc? ( sys-libs/glibc[static-libs(+)] )"
BDEPEND="
	${PYTHON_DEPS}
	acct-user/mailuser
"
IUSE="elibc_glibc"

ours() {
	emake CC="$(tc-getCC)" CFLAGS="${CFLAGS}" CPPFLAGS="${CPPFLAGS}" LDFLAGS="${LDFLAGS}" \
		PYTHON="${PYTHON}" PYTHON_MODULES="$(python_get_sitedir)" "$@"
}

src_compile() {
	ours all
}

src_install() {
	ours DESTDIR="${D}" install
	keepdir /etc/gatepost/secrets
	fowners root:mailuser /etc/gatepost/gatepost.toml /etc/gatepost/secrets
	fperms 0640 /etc/gatepost/gatepost.toml
	fperms 0750 /etc/gatepost/secrets
	fowners mailuser:mailuser /usr/libexec/gatepost/launcher
	fperms 6755 /usr/libexec/gatepost/launcher
	dodoc README.md SECURITY.md CHANGELOG.md
}

# An upgrade keeps the launcher's owner and mode, which the administrator may have chosen: root's without the set-uid
# bit, and the service user's with both bits; without a set-id bit it is root's.
pkg_preinst() {
	local launcher=/usr/libexec/gatepost/launcher owner mode service
	[[ -e ${EROOT}${launcher} ]] || return 0
	service=$(id -u mailuser):$(id -g mailuser)
	owner=$(stat -c %u:%g "${EROOT}${launcher}") || die
	mode=$(printf %04o $((0$(stat -c %a "${EROOT}${launcher}") & ~022)))
	case "${owner} ${mode}" in
	"0:${service#*:} "[0-3]* | 0:*" "[01]* | "${service} "[67]*[1357]*) ;;
	*" "[01]*) owner=0:0 ;;
	*)
		ewarn "${launcher} was ${owner} ${mode}, which is wrong; it is now mailuser:mailuser 6755"
		owner=${service} mode=6755
		;;
	esac
	chown "${owner}" "${ED}${launcher}" || die
	chmod "${mode}" "${ED}${launcher}" || die
}
