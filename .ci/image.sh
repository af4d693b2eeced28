#!/usr/bin/env bash
# Builds the container images mirrorcart-edge and mirrorcart-hq, tagged with the
# version, with whichever of docker, podman and buildah works here, and says how
# large they are. BUILDER, NODE and BASE name other base images; see Dockerfile.
#
# usage: .ci/image.sh [edge|hq]...
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "image: $*" >&2
	exit 1
}

tool=
for t in docker podman buildah; do
	command -v "$t" >/dev/null && "$t" info >/dev/null 2>&1 && tool=$t && break
done
[ -n "$tool" ] || fail "none of docker, podman and buildah works here: install one, and for docker see that its service runs and you may use it"

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
tag=${version//[^A-Za-z0-9_.-]/-}
args=(--build-arg "VERSION=$version")
for base in BUILDER NODE BASE; do
	[ -z "${!base:-}" ] || args+=(--build-arg "$base=${!base}")
done
# The health check is docker's own; the others leave it out of images of their form.
[ "$tool" = docker ] || args+=(--format docker)

[ $# -gt 0 ] || set -- edge hq
for target; do
	case $target in
	edge | hq) ;;
	*) fail "there is no image $target: say edge or hq" ;;
	esac
	"$tool" build "${args[@]}" --target "$target" -t "mirrorcart-$target:$tag" -t "mirrorcart-$target:latest" .
done
for target; do
	"$tool" images "mirrorcart-$target"
done
