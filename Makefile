# Gatepost: build, install, try, test. `sudo make demo` and `sudo make test` need nothing installed before.

PREFIX        = /usr
SYSCONFDIR    = /etc/gatepost
SERVICE_USER  = mailuser
STANDIN_USER  = mailnull
DESTDIR       =
PYTHON        = /usr/bin/python3
# The one folder, besides the standard library, in which the helper looks for modules (prctl, dns).
PYTHON_MODULES = /usr/lib/python3/dist-packages

LIB     = $(PREFIX)/lib/gatepost
LIBEXEC = $(PREFIX)/libexec/gatepost
BUILD   = build

CC       = cc
WARNINGS = -Wall -Wextra -Werror -Wconversion -Wshadow -Wformat=2
HARDEN   = -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE
LINK     = -static-pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS   = -O2
FIXED    = -DPYTHON='"$(PYTHON)"' -DHELPER='"$(LIB)/helper/__main__.py"' -DFRONTEND='"$(LIB)/frontend/__main__.py"' \
           -DLAUNCHER='"$(LIBEXEC)/launcher"' -DSERVICE_USER='"$(SERVICE_USER)"' -DSTANDIN_USER='"$(STANDIN_USER)"'
COMPILE  = $(CC) -std=c11 -D_GNU_SOURCE $(CPPFLAGS) $(WARNINGS) $(HARDEN) $(CFLAGS) $(FIXED)

# build
DEPS  = gcc libc6-dev make python3 python3-prctl python3-dnspython ca-certificates passwd
# test, demo and bench
DEPS += python3-pytest python3-pytest-xdist python3-hypothesis python3-aiosmtpd python3-venv openssl shellcheck \
        util-linux libcap2-bin strace procps groff-base debian-archive-keyring
# from PyPI: Debian 12 has no ruff, and its mypy is too old for typing.dataclass_transform
LINTERS = ruff==0.17.6 mypy==2.4.1

ROOT = @test "$$(id -u)" = 0 || { echo "make $(or $(MAKECMDGOALS),$@): run it as root (sudo make $(or $(MAKECMDGOALS),$@))" >&2; exit 1; }

.PHONY: all deps tools servers install uninstall demo test bench clean accounts

all: $(BUILD)/sendmail $(BUILD)/launcher

# The paths are part of the programs: other paths, other programs.
$(BUILD)/fixed: FORCE
	@mkdir -p $(BUILD)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@
.PHONY: FORCE

$(BUILD)/sendmail: frontend/sendmail.c helper/privileged/start.h $(BUILD)/fixed
	$(COMPILE) -o $@ frontend/sendmail.c $(LDFLAGS) $(LINK)

$(BUILD)/launcher: helper/privileged/launcher.c helper/privileged/start.h $(BUILD)/fixed
	$(COMPILE) -o $@ helper/privileged/launcher.c $(LDFLAGS) $(LINK)

deps: tools servers

tools:
	@command -v apt-get >/dev/null || { echo "make deps: only for Debian and Ubuntu. Install the equivalents of:" \
	  "$(DEPS), and from PyPI: $(LINTERS)" >&2; exit 1; }
	$(ROOT)
	@sh packaging/deps.sh "$(DEPS)" "$(LINTERS)" "$(BUILD)/linters" "$(PYTHON)"

# Real mail servers for the tests to send to. They are unpacked below build/ and never installed.
servers: tools
	@$(PYTHON) -m tests.support.realservers.tree

install: all
	@sh packaging/install.sh "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)" "$(SERVICE_USER)" "$(STANDIN_USER)" \
	  "$(PYTHON)" "$(PYTHON_MODULES)" "$(BUILD)"

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/sendmail $(DESTDIR)$(PREFIX)/lib/sendmail $(DESTDIR)$(PREFIX)/bin/mailq \
	  $(DESTDIR)$(PREFIX)/bin/newaliases $(DESTDIR)$(PREFIX)/bin/gatepost
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/sendmail.gatepost.8 $(DESTDIR)$(PREFIX)/share/man/man8/gatepost.8 \
	  $(DESTDIR)$(PREFIX)/share/man/man5/gatepost.toml.5
	rm -rf $(DESTDIR)$(LIB) $(DESTDIR)$(LIBEXEC)
	@echo "left in place: $(SYSCONFDIR) and the accounts $(SERVICE_USER) and $(STANDIN_USER)"

demo: tools
	@$(PYTHON) -I packaging/demo.py

test: deps
	@$(PYTHON) -m pytest -n 4

bench: tools
	@$(PYTHON) bench/bench.py

clean:
	rm -rf $(BUILD)
