#!/usr/bin/env bash
# Makes the Debian package of bin/edge, for the Debian release and the machine that
# it was built on: it is linked with that release's OpenCV. Called by make deb.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${NFPM:?call make deb instead}" "${VERSION:?call make deb instead}"

# A Debian version begins with a digit; without a tag it is older than any.
case $VERSION in
v[0-9]*) VERSION=${VERSION#v} ;;
*) VERSION=0~$(git show -s --format=%cd --date=format:%Y%m%d%H%M%S 2>/dev/null || echo 0).$VERSION ;;
esac
VERSION=${VERSION/-rc/\~rc} # older than what it is a candidate for
VERSION=${VERSION//-/+}
ARCH=$(dpkg --print-architecture)
export VERSION ARCH

# The packages that own the libraries the gateway is linked with.
libraries=$(readelf -d bin/edge | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
	xargs -I{} dpkg -S '*/{}' | cut -d: -f1 | sort -u)
[ -n "$libraries" ] || { echo "deb: the libraries of bin/edge belong to no package here" >&2 && exit 1; }

mkdir -p build/deb
{
	cat firmware-cfg/deb/nfpm.yaml
	printf '  - %s\n' $libraries
} >build/deb/nfpm.yaml
"build/tools/nfpm-$NFPM" package --config build/deb/nfpm.yaml --packager deb --target build/deb/
