#!/usr/bin/env bash
# Starts a demo shop on free ports and drives its main job, and what a shopper
# does with the mirror, in a real Chromium. The tests get the demo's addresses in
# MIRRORCART_DEMO, as the line of JSON that edge demo --json prints: demo, kiosk,
# staff, hq, mqtt, pin.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$(mktemp -d)
demo=
finish() {
	local status=$?
	if [ -n "$demo" ]; then
		kill -INT "$demo" 2>/dev/null || true
		wait "$demo" || { echo "e2e: edge demo did not stop cleanly" >&2 && status=1; }
	fi
	[ $status -eq 0 ] || { echo "e2e: what edge demo logged:" >&2 && tail -n 30 "$dir/log" >&2; }
	rm -rf "$dir"
	exit $status
}
trap finish EXIT

# In a session of its own, so that only finish stops it.
setsid bin/edge demo --json --addr 127.0.0.1:0 --hq-addr 127.0.0.1:0 --mqtt-addr 127.0.0.1:0 --dir "$dir/shop" \
	>"$dir/addresses" 2>"$dir/log" &
demo=$!
for _ in $(seq 300); do
	[ -s "$dir/addresses" ] && break
	kill -0 "$demo" 2>/dev/null || break
	sleep 0.1
done
[ -s "$dir/addresses" ] || { echo "e2e: edge demo printed no addresses within 30 s" >&2 && exit 1; }

export MIRRORCART_DEMO DEMO_DIR=$dir/shop
MIRRORCART_DEMO=$(cat "$dir/addresses")
timeout 180 node kiosk/ui/e2e/main-job.mjs
timeout 120 node kiosk/ui/e2e/mirror-job.mjs
