#!/usr/bin/env bash
# Puts everything on this machine that Mirrorcart needs to be built, run and,
# with "test", tested: Debian packages, Go modules, face models, pages. What is
# there already is left alone, so a second run needs no network and no time. With
# "deb" there is what makes a Debian package too.
#
# Called by make, which names the versions.
#
# usage: .ci/setup.sh [run|test|deb]
set -euo pipefail
cd "$(dirname "$0")/.."
: "${GOLANGCI_LINT:?call make setup instead}" "${NFPM:?call make setup instead}" "${GOVULNCHECK:?call make setup instead}" "${NODE:?call make setup instead}"

mode=${1:-run}
log=build/setup.log
stamps=build/setup
lint=build/tools/golangci-lint-$GOLANGCI_LINT
nfpm=build/tools/nfpm-$NFPM
PATH=$PATH:/usr/sbin:/sbin # servers live there, also for those who are not root

case $mode in
run) steps=5 ;;
test) steps=7 ;;
deb) steps=6 ;;
*) echo "usage: .ci/setup.sh [run|test|deb]" >&2 && exit 2 ;;
esac
n=0
dots=
trap '[ -z "$dots" ] || kill "$dots"' EXIT

step() {
	n=$((n + 1))
	name=$1
	printf '[%d/%d] %s' "$n" "$steps" "$name"
}
there() { echo ": there"; }

# fail SENTENCE says what is wrong and how to mend it.
fail() {
	echo
	echo "setup: step $n ($name): $*" >&2
	exit 1
}

# work SENTENCE COMMAND… runs it into the log, with a dot every five seconds; if
# it fails, shows the log's end and says the sentence.
work() {
	local sentence=$1 begin=$SECONDS status=0
	shift
	(while sleep 5; do printf .; done) &
	dots=$!
	"$@" >"$log" 2>&1 || status=$?
	kill "$dots" && wait "$dots" 2>/dev/null || true
	dots=
	if [ $status -ne 0 ]; then
		echo
		tail -n 20 "$log" >&2
		fail "$sentence (above is the end of $log)"
	fi
	printf ' (%d s)' $((SECONDS - begin))
}

# A stamp holds the digest of what a step was last done with.
digest() { sha256sum "$@" 2>/dev/null | sha256sum | cut -d' ' -f1; }
same() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
stamp() { echo "$2" >"$stamps/$1"; }

# newer WANT HAVE says whether version HAVE is WANT or later.
newer() { printf '%s\n%s\n' "$1" "$2" | sort -CV; }

toolchains() {
	step "Go and Node"
	local want have
	want=$(awk '$1 == "go" { print $2 }' go.mod)
	command -v go >/dev/null || fail "Go is missing: install Go $want or newer (https://go.dev/dl) and put it on the PATH"
	have=$(go env GOVERSION 2>/dev/null || go version | awk '{ print $3 }')
	newer "$want" "${have#go}" || fail "Go $want or newer is wanted, here is ${have#go}: install it from https://go.dev/dl"
	command -v node >/dev/null && command -v npm >/dev/null ||
		fail "Node.js or its npm is missing: install Node.js $NODE or newer (https://nodejs.org)"
	have=$(node --version)
	newer "$NODE" "${have#v}" || fail "Node.js $NODE or newer is wanted, here is ${have#v}: install it from https://nodejs.org"
	there
}

# missing prints the Debian packages that are not there. OpenCV comes whole:
# only libopencv-dev has the pkg-config file, and its header wants all modules.
missing() {
	command -v g++ >/dev/null || echo g++
	command -v pkg-config >/dev/null || echo pkg-config
	pkg-config --exists opencv4 2>/dev/null || echo libopencv-dev
	pkg-config --exists libjpeg 2>/dev/null || echo libjpeg-dev
	[ -e /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf ] || echo fonts-droid-fallback # Chinese on tickets
	if [ "$mode" = deb ] && ! command -v dpkg-shlibdeps >/dev/null; then echo dpkg-dev; fi
	[ "$mode" = test ] || return 0
	command -v mosquitto >/dev/null || echo mosquitto
	command -v nginx >/dev/null || echo nginx
	command -v chromium >/dev/null || echo chromium
	command -v zbarimg >/dev/null || echo zbar-tools
	command -v strace >/dev/null || echo strace
	# They check the files that a gateway's description is made into.
	command -v systemd-analyze >/dev/null || echo systemd
	command -v udevadm >/dev/null || echo udev
	command -v nft >/dev/null || echo nftables
	command -v chronyd >/dev/null || echo chrony
	command -v promtool >/dev/null || echo prometheus # it checks the alert rules
	command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
}

packages() {
	step "Debian packages"
	local want
	want=$(missing | tr '\n' ' ')
	want=${want% }
	[ -n "$want" ] || { there && return; }
	command -v apt-get >/dev/null ||
		fail "this machine has no apt-get: install what Debian calls $want and try again"
	[ "$(id -u)" = 0 ] ||
		fail "some are missing, and only root may install them. Run this, then try again:
  sudo apt-get update && sudo apt-get install --no-install-recommends -y $want"
	printf ': installing %s, some minutes' "$want"
	export DEBIAN_FRONTEND=noninteractive
	work "the package lists could not be fetched: check the network and /etc/apt/sources.list" \
		apt-get -q -o APT::Update::Error-Mode=any update
	# shellcheck disable=SC2086 # a list of words
	work "apt-get could not install $want: check the network and the free space, then try again" \
		apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $want
	want=$(missing | tr '\n' ' ')
	[ -z "$want" ] || fail "apt-get is done, yet $want cannot be found: look at $log"
	echo
}

modules() {
	step "Go modules"
	local now
	now=$(digest go.mod go.sum)
	same "modules-$mode" "$now" && there && return
	printf ': downloading'
	work "they could not be downloaded: check the network and the proxy in GOPROXY" go mod download
	# Tidying looks at more than building does. Whether it finds fault is a test.
	[ "$mode" = run ] || go mod tidy -diff >"$log" 2>&1 || true
	stamp "modules-$mode" "$now"
	echo
}

models() {
	step "camera clip and face models"
	work "ar/models/install.sh could not fetch them" ar/models/install.sh build/models
	echo
}

pages() {
	step "kiosk pages"
	local ui=kiosk/ui lock now
	lock=$(digest $ui/package.json $ui/package-lock.json)
	if ! same npm "$lock" || [ ! -d $ui/node_modules ]; then
		printf ': packages'
		work "npm could not fetch the pages' packages: check the network, and the registry that npm config get registry names" \
			npm --prefix $ui ci --ignore-scripts --no-audit --no-fund --no-progress
		stamp npm "$lock"
	fi
	now=$(find $ui \( -name node_modules -o -name dist -o -name e2e \) -prune -o -type f -print0 |
		sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
	[ -s $ui/dist/index.html ] && same pages "$now" && there && return
	printf ': building'
	work "the pages could not be built: mend what stands above" npm --prefix $ui run build
	stamp pages "$now"
	echo
}

# goTool NAME VERSION MODULE FILE builds a tool of Go's into the file.
goTool() {
	step "$1 $2"
	[ -x "$4" ] && there && return
	printf ': building, some minutes'
	mkdir -p "$4.new"
	work "it could not be fetched or built: check the network and the proxy in GOPROXY" \
		env GOFLAGS= GOBIN="$PWD/$4.new" go install "$3@v$2"
	mv "$4.new/$1" "$4"
	rmdir "$4.new"
	echo
}

name="work folder"
mkdir -p $stamps build/tools 2>/dev/null && : 2>/dev/null >>$log || fail "the folder build cannot be written to: is it another user's?"
toolchains
packages
modules
models
pages
case $mode in
test)
	goTool golangci-lint "$GOLANGCI_LINT" github.com/golangci/golangci-lint/v2/cmd/golangci-lint "$lint"
	goTool govulncheck "$GOVULNCHECK" golang.org/x/vuln/cmd/govulncheck "build/tools/govulncheck-$GOVULNCHECK"
	;;
deb) goTool nfpm "$NFPM" github.com/goreleaser/nfpm/v2/cmd/nfpm "$nfpm" ;;
esac
