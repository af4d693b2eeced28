#!/usr/bin/env bash
# Makes the Debian packages of bin/edge and bin/hq, for the Debian release and the
# kind of machine that they were built on: the gateway is linked with that release's
# OpenCV. Their sums are written beside them. Called by make deb.
#
# For arm64 make them on such a machine. Headquarters' can be made elsewhere too, with
# Debian's crossbuild-essential-arm64 and libc6:arm64:
#   GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go build -o bin/ ./cmd/hq
#   PACKAGES=mirrorcart-hq HOST_ARCH=arm64 VERSION=v1.2.0 NFPM=2.43.0 .ci/deb.sh
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
# HOST_ARCH says what they were built for where that is not this machine's kind.
ARCH=${HOST_ARCH:-$(dpkg --print-architecture)}
# The same commit makes the same package.
SOURCE_DATE_EPOCH=$(git show -s --format=%ct 2>/dev/null || echo 0)
export VERSION ARCH SOURCE_DATE_EPOCH

out=build/deb
root=$out/root # what goes in and is not a file of the repository
strip=strip
[ "$ARCH" = "$(dpkg --print-architecture)" ] || strip=$(dpkg-architecture -a "$ARCH" -q DEB_HOST_GNU_TYPE)-strip

# libraries PROGRAM prints the packages, and their oldest versions, that it is
# linked with. dpkg-shlibdeps reads them out of debian/control's neighbours.
libraries() {
	mkdir -p "$root/debian" "$root/DEBIAN" # the second says that the program lies in a package
	printf 'Source: mirrorcart\n\nPackage: mirrorcart\nArchitecture: any\n' >"$root/debian/control"
	(cd "$root" && DEB_HOST_ARCH=$ARCH dpkg-shlibdeps -O --warnings=0 "$PWD/$1") |
		sed -n 's/^shlibs:Depends=//p' | sed 's/, /\n/g'
}

# package NAME PROGRAM makes one.
package() {
	local needs
	"$strip" --strip-unneeded -o "$root/$2" "bin/$2"
	printf '%s (%s) stable; urgency=medium\n\n  * CHANGELOG.md beside this file says what is new.\n\n -- The Mirrorcart authors <mirrorcart@users.noreply.github.com>  %s\n' \
		"$1" "$VERSION" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$root/$1.changelog.gz"
	needs=$(libraries "$2")
	[ -n "$needs" ] || { echo "deb: the libraries of bin/$2 belong to no package here" >&2 && exit 1; }
	{
		cat "firmware-cfg/deb/$1.yaml"
		sed 's/^/  - /' <<<"$needs"
	} >"$out/$1.yaml"
	"build/tools/nfpm-$NFPM" package --config "$out/$1.yaml" --packager deb --target "$out/"
}

rm -rf "$root"
mkdir -p "$root"
for p in ${PACKAGES:-mirrorcart mirrorcart-hq}; do
	case $p in
	mirrorcart)
		[ "$ARCH" = "$(dpkg --print-architecture)" ] ||
			{ echo "deb: make the gateway's package on a machine of its own kind: ONNX Runtime is here for this one" >&2 && exit 1; }
		package "$p" edge
		;;
	mirrorcart-hq) package "$p" hq ;;
	*) echo "deb: there is no package $p: say mirrorcart or mirrorcart-hq" >&2 && exit 2 ;;
	esac
done
rm -rf "$root"
(cd "$out" && sha256sum -- *_"$VERSION"_"$ARCH".deb >"SHA256SUMS_${VERSION}_$ARCH" && cat "SHA256SUMS_${VERSION}_$ARCH")
