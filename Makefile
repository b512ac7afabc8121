# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
BASHDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHDIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

SWIFT ?= swift
# The Swift runtime and every library inside: the installed file needs nothing from the machine it runs on.
RELEASE = -c release --product passt -Xswiftc -static-executable -Xlinker -s

# A command line for `make run`; empty: the user's shell.
CMD ?=
# Further options for `make run`, for instance OPTIONS='--mtu 1500'.
OPTIONS ?=

BUILD_PACKAGES = liburing-dev libseccomp-dev
TEST_PACKAGES = python3-pytest libcap2-bin iproute2 iputils-ping util-linux procps tcpdump isc-dhcp-client udhcpc iperf3 reuse \
	man-db mandoc zsh fish debhelper dpkg-dev fakeroot debootstrap apparmor rpm qemu-system-x86 busybox-static
PERF_PACKAGES = iproute2 util-linux iperf3 passt slirp4netns

.PHONY: all run test fuzz perf perf-stream documents install uninstall clean dependencies test-dependencies perf-dependencies binary

all: binary

# Always asks the package manager, which knows what changed. The copy is replaced in one step, because an
# instance may be running from it.
binary:
	$(SWIFT) build $(RELEASE)
	@mkdir -p build
	@cp "$$($(SWIFT) build $(RELEASE) --show-bin-path)/passt" build/passt.new
	@mv -f build/passt.new build/passt
	@ln -sf passt build/pasta
	@ln -sf passt build/qrap
	@ln -sf passt build/pesto

run: dependencies binary
	@contrib/tun-device
ifeq ($(strip $(CMD)),)
	@build/pasta --config-net $(OPTIONS)
else
	@build/pasta --config-net $(OPTIONS) -- sh -c '$(subst ','\'',$(CMD))'
endif

# Everything continuous integration runs, with a summary at the end.
test: dependencies test-dependencies
	@SWIFT='$(SWIFT)' Tests/run

# Fuzzes every target for TIME seconds, or RUNS times; TARGETS='frame engine': only these.
TIME ?= 60
fuzz: dependencies
	@SWIFT='$(SWIFT)' Tests/Fuzz/run $(if $(RUNS),--runs $(RUNS),--time $(TIME)) $(TARGETS)

perf: dependencies perf-dependencies binary
	@contrib/tun-device
	perf/tap.py $(PERF)

# The same through passt's stream socket, with a pump in the place of a hypervisor.
perf-stream: dependencies perf-dependencies binary
	@contrib/tun-device
	perf/stream.py $(PERF)

# Manual pages and completion, from the option table and the texts in man/*.in.
documents:
	WRITE_DOCUMENTS=1 $(SWIFT) test --filter DocumentTests

dependencies:
	@contrib/install-packages $(BUILD_PACKAGES)

test-dependencies:
	@contrib/install-packages $(TEST_PACKAGES)

perf-dependencies:
	@contrib/install-packages $(PERF_PACKAGES)

install:
	@test -x build/passt || { echo 'Nothing to install. Run "make" first.' >&2; exit 1; }
	install -D -m 0755 build/passt '$(BINDIR)/passt'
	ln -sf passt '$(BINDIR)/pasta'
	ln -sf passt '$(BINDIR)/qrap'
	ln -sf passt '$(BINDIR)/pesto'
	install -m 0755 contrib/slirp4netns.sh contrib/slirp4netns-api '$(BINDIR)'
	@for page in man/*.1; do \
	    test ! -e "$$page" || install -D -m 0644 "$$page" '$(MANDIR)'/"$$(basename "$$page")" || exit 1; \
	done
	@for file in contrib/completion/*.bash; do \
	    test ! -e "$$file" || install -D -m 0644 "$$file" '$(BASHDIR)'/"$$(basename "$$file" .bash)" || exit 1; \
	done
	@for file in contrib/completion/_*; do \
	    test ! -e "$$file" || install -D -m 0644 "$$file" '$(ZSHDIR)'/"$$(basename "$$file")" || exit 1; \
	done
	@for file in contrib/completion/*.fish; do \
	    test ! -e "$$file" || install -D -m 0644 "$$file" '$(FISHDIR)'/"$$(basename "$$file")" || exit 1; \
	done

uninstall:
	rm -f '$(BINDIR)/passt' '$(BINDIR)/pasta' '$(BINDIR)/qrap' '$(BINDIR)/pesto'
	rm -f '$(BINDIR)/slirp4netns.sh' '$(BINDIR)/slirp4netns-api'
	@for page in man/*.1; do rm -f '$(MANDIR)'/"$$(basename "$$page")"; done
	@for file in contrib/completion/*.bash; do rm -f '$(BASHDIR)'/"$$(basename "$$file" .bash)"; done
	@for file in contrib/completion/_*; do rm -f '$(ZSHDIR)'/"$$(basename "$$file")"; done
	@for file in contrib/completion/*.fish; do rm -f '$(FISHDIR)'/"$$(basename "$$file")"; done

clean:
	rm -rf .build .build-fuzz build
