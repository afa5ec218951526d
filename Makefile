# Gatepost: build, install, try, test. `sudo make demo` and `sudo make test` need nothing installed before.

PREFIX        = /usr
SYSCONFDIR    = /etc/gatepost
SERVICE_USER  = mailuser
STANDIN_USER  = mailnull
DESTDIR       =
PYTHON        = /usr/bin/python3
# The one folder, besides the standard library, in which the helper looks for modules (dns).
PYTHON_MODULES = /usr/lib/python3/dist-packages
# Where gatepost.socket listens, for callers for whom the kernel ignores set-id bits.
SOCKET        = /run/gatepost/socket

# Who takes reports of weaknesses, and the project's page: `make contact CONTACT=... HOMEPAGE=...` writes them everywhere.
CONTACT  = maintainers@gatepost.example
HOMEPAGE = https://gatepost.example/

LIB     = $(PREFIX)/lib/gatepost
LIBEXEC = $(PREFIX)/libexec/gatepost
BUILD   = build

CC       = cc
WARNINGS = -Wall -Wextra -Werror -Wconversion -Wshadow -Wformat=2
HARDEN   = -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE
LINK     = -static-pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS   = -O2
FIXED    = -DPYTHON='"$(PYTHON)"' -DHELPER='"$(LIB)/helper/__main__.py"' \
           -DUNPRIVILEGED='"$(LIB)/helper/personal/__main__.py"' -DLAUNCHER='"$(LIBEXEC)/launcher"' \
           -DSOCKET='"$(SOCKET)"' -DSERVICE_USER='"$(SERVICE_USER)"' -DSTANDIN_USER='"$(STANDIN_USER)"'
COMPILE  = $(CC) -std=c11 -D_GNU_SOURCE $(CPPFLAGS) $(WARNINGS) $(HARDEN) $(CFLAGS) $(FIXED)

# Some compilers, like Debian's musl-gcc, quietly ignore -static-pie; a loader would then read the caller's LD_*.
STATIC = @! readelf -lW $@ | grep -q INTERP || { rm $@; echo "make: $@ was not linked statically: try LINK=-static" >&2; exit 1; }

# deps: what build, install and demo need
DEPS      = gcc libc6-dev make python3 python3-dnspython python3-prctl python3-aiosmtpd openssl ca-certificates passwd
# test-deps: what the tests and the benchmark need beside that
TEST_DEPS = python3-oauthlib python3-pytest python3-pytest-xdist python3-hypothesis python3-hatchling python3-venv shellcheck \
            util-linux libcap2-bin strace procps iproute2 systemd groff-base debian-archive-keyring binutils musl-tools
# deb, and package-test with the tools of other distributions
PACKAGERS = build-essential debhelper dh-apparmor po-debconf lintian apparmor mmdebstrap rpm rpmlint makepkg pacman-package-manager \
            libarchive-tools
# callers
CALLERS_DEPS = mmdebstrap
# from PyPI: Debian 12 has no ruff, and its mypy is too old for typing.dataclass_transform
LINTERS = ruff==0.17.6 mypy==2.4.1

# Install packages of the distribution: $(call FETCH,names)
FETCH = sh packaging/fetch.sh "make $(or $(MAKECMDGOALS),$@)" $(1)

# What root makes in a checkout belongs to the owner of the checkout, who can then go on without root.
GIVE_BACK = trap 'test "$$(id -u)" != 0 || test ! -d $(BUILD) || chown -Rh --reference=Makefile $(BUILD)' EXIT;

# Nothing is written between the sources: compiled modules go below build/.
export PYTHONPYCACHEPREFIX = $(abspath $(BUILD))/pycache

# fuzz only: too large for everybody who runs the tests
FUZZ_DEPS    = clang libclang-rt-dev
FUZZERS      = atheris==3.0.0
FUZZ_SECONDS = 60
FUZZ         =

PACKAGE_TESTS = tests/packages

.PHONY: all root contact deps test-deps install uninstall demo check test load bench deb rpm package-test callers fuzz clean

all: $(BUILD)/sendmail $(BUILD)/launcher

# The paths are part of the programs: other paths, other programs.
$(BUILD)/fixed: FORCE
	@$(GIVE_BACK) mkdir -p $(BUILD); echo '$(COMPILE) $(LINK)' | cmp -s - $@ || echo '$(COMPILE) $(LINK)' > $@
.PHONY: FORCE

FRONTEND = frontend/sendmail.c frontend/message.c frontend/answers.c

$(BUILD)/sendmail: $(FRONTEND) $(wildcard frontend/*.h) helper/start.h $(BUILD)/fixed
	$(COMPILE) -o $@ $(FRONTEND) $(LDFLAGS) $(LINK)
	$(STATIC)
	@$(GIVE_BACK)

$(BUILD)/launcher: helper/privileged/launcher.c helper/start.h $(BUILD)/fixed
	$(COMPILE) -o $@ helper/privileged/launcher.c $(LDFLAGS) $(LINK)
	$(STATIC)
	@$(GIVE_BACK)

# For targets that make users, install or unpack whole systems.
root:
	@test "$$(id -u)" = 0 || { echo "make $(MAKECMDGOALS): run it as root: sudo make $(MAKECMDGOALS)" >&2; exit 1; }

deps:
	@$(call FETCH,$(DEPS))

# Beside packages of the distribution: the linters, from PyPI, and real mail servers to send to. Those are unpacked below
# build/ and never installed.
test-deps: deps
	@$(call FETCH,$(TEST_DEPS))
	@$(GIVE_BACK) sh packaging/venv.sh "$(PYTHON)" "$(BUILD)/linters" $(LINTERS)
	@$(GIVE_BACK) $(PYTHON) -m tests.support.realservers.tree

install: all
	@$(GIVE_BACK) sh packaging/install.sh "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)" "$(SERVICE_USER)" "$(STANDIN_USER)" \
	  "$(PYTHON)" "$(PYTHON_MODULES)" "$(BUILD)" "$(SOCKET)"

uninstall:
	@sh packaging/uninstall.sh "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)" "$(SERVICE_USER)" "$(STANDIN_USER)"

contact:
	@sh packaging/contact.sh "$(CONTACT)" "$(HOMEPAGE)"

demo: root deps
	@$(GIVE_BACK) $(PYTHON) -I packaging/demo.py

# Unit tests and linters, as an ordinary user; CHECK=--lf repeats what failed.
check:
	@$(GIVE_BACK) $(PYTHON) -m pytest -n auto tests/unit $(CHECK)

test: root test-deps
	@$(GIVE_BACK) $(PYTHON) -m pytest -n 6 --dist loadfile

# All of what `make test` does some of: a thousand messages, a kill before each system call of a send, and every kind of
# fault at each octet of each dialogue.
load: root test-deps
	@$(GIVE_BACK) GATEPOST_LOAD=all $(PYTHON) -m pytest -n 0 tests/load
	@$(GIVE_BACK) GATEPOST_FAULTS=every $(PYTHON) -m pytest -n 2 tests/faults

bench: root test-deps
	@$(GIVE_BACK) $(PYTHON) -m bench $(BENCH)

# In a copy, with the distribution's own programs alone: the package must not depend on what this machine has besides.
deb:
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/gatepost
	@tar -c --exclude=./.git --exclude=./build --exclude=__pycache__ . | tar -x -C $(BUILD)/deb/gatepost
	@cd $(BUILD)/deb/gatepost && PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg-buildpackage -us -uc -b

# The rpm, below build/rpm/RPMS. Fedora's rpmbuild says what is missing; Debian's lacks Fedora's macros and packages.
RPM_FLAGS = $(if $(wildcard /etc/debian_version),--nodeps --define "_unitdir /usr/lib/systemd/system" \
            --define "_sysusersdir /usr/lib/sysusers.d" --define "_libexecdir /usr/libexec" \
            --define "python3_sitelib $(PYTHON_MODULES)" --define "_docdir_fmt %%{NAME}" --define "_binary_payload w9.gzdio")
VERSION   = $(shell sed -n 's/^VERSION = "\(.*\)"/\1/p' helper/version.py)

rpm:
	@$(GIVE_BACK) rm -rf $(BUILD)/rpm && mkdir -p $(BUILD)/rpm/SOURCES && \
	  tar -cz --exclude=./.git --exclude=./build --exclude=__pycache__ --transform='s,^\.,gatepost-$(VERSION),' \
	    -f $(BUILD)/rpm/SOURCES/gatepost-$(VERSION).tar.gz . && \
	  rpmbuild $(RPM_FLAGS) --define "_topdir $(abspath $(BUILD))/rpm" -bb packaging/rpm/gatepost.spec

# Installs the package in fresh systems, which it fetches; whatever it makes is below build/. PACKAGE_TESTS chooses some:
# PACKAGE_TESTS='tests/packages/test_releases.py -k trixie'
package-test: root test-deps
	@$(call FETCH,$(PACKAGERS))
	@$(GIVE_BACK) $(PYTHON) -m pytest $(PACKAGE_TESTS)

# Debian's programs that call sendmail, each in a system made of what they need, which is downloaded: half a gigabyte.
callers: root test-deps
	@$(call FETCH,$(CALLERS_DEPS))
	@$(GIVE_BACK) $(PYTHON) -m tests.callers.tree && $(PYTHON) -m pytest tests/callers

# Each harness for FUZZ_SECONDS, or those named in FUZZ; fuzz/__init__.py says more.
fuzz: $(BUILD)/fuzz/find_account $(BUILD)/fuzz/answers
	@$(GIVE_BACK) $(PYTHON) -m fuzz.every $(FUZZ_SECONDS) $(FUZZ)

FUZZED = clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(FIXED)

.PHONY: fuzz-tools
fuzz-tools: test-deps
	@$(call FETCH,$(FUZZ_DEPS))
	@$(GIVE_BACK) sh packaging/venv.sh "$(PYTHON)" "$(BUILD)/fuzz/venv" $(FUZZERS)

$(BUILD)/fuzz/find_account: FORCE | fuzz-tools
	@$(GIVE_BACK) $(FUZZED) -DACCOUNTS='"/proc/self/fd/9"' -DACCOUNTS_DESCRIPTOR=9 -o $@ fuzz/c/find_account.c

$(BUILD)/fuzz/answers: FORCE | fuzz-tools
	@$(GIVE_BACK) $(FUZZED) -o $@ fuzz/c/answers.c frontend/answers.c

clean:
	rm -rf $(BUILD)
