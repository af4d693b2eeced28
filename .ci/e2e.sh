#!/usr/bin/env bash
# Starts demo shops on free ports and drives, in a real Chromium, their main job,
# what a shopper does with the mirror and beside it, what holds of every page and in
# browsers at their worst, the cart that kiosk and phone share in a shop with a
# printer and an account, what a clerk does there with stock, orders and receipts and
# through a day, and a tablet that is the mirror's camera; with "painted", measures
# how soon a tablet's picture is painted instead. What is run gets a demo's addresses
# in MIRRORCART_DEMO, as the line of JSON that edge demo --json prints: demo, kiosk,
# staff, hq, mqtt, pin.
#
# usage: .ci/e2e.sh [painted]
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-jobs}
case $what in
jobs | painted) ;;
*) echo "usage: .ci/e2e.sh [painted]" >&2 && exit 2 ;;
esac

dir=$(mktemp -d)
demo=
printer=

# start DIR FLAG… runs a demo in a session of its own, so that only stop stops it.
start() {
	export MIRRORCART_DEMO DEMO_DIR=$dir/$1
	shift
	: >"$dir/addresses"
	setsid bin/edge demo --json --addr 127.0.0.1:0 --hq-addr 127.0.0.1:0 --mqtt-addr 127.0.0.1:0 --dir "$DEMO_DIR" "$@" \
		>"$dir/addresses" 2>"$dir/log" &
	demo=$!
	for _ in $(seq 900); do
		[ -s "$dir/addresses" ] && break
		kill -0 "$demo" 2>/dev/null || break
		sleep 0.1
	done
	[ -s "$dir/addresses" ] || { echo "e2e: edge demo printed no addresses within 90 s" >&2 && return 1; }
	MIRRORCART_DEMO=$(cat "$dir/addresses")
}

# stop ends the demo, if one runs.
stop() {
	local pid=$demo
	demo=
	[ -n "$pid" ] || return 0
	kill -INT "$pid" 2>/dev/null || true
	wait "$pid" || { echo "e2e: edge demo did not stop cleanly" >&2 && return 1; }
}

secret() { od -An -tx1 -N16 /dev/urandom | tr -d ' \n'; }

# furnish starts a test printer and writes the settings of a shop that has it, and
# of a headquarters that hears of its bank; OFFICE_TOKEN and BANK_KEY open the
# office's interface and the bank's feed, PRINTED is where the paper falls.
furnish() {
	export PRINTED=$dir/printed OFFICE_TOKEN BANK_KEY
	OFFICE_TOKEN=$(secret)
	BANK_KEY=$(secret)
	: >"$dir/printer"
	node kiosk/ui/e2e/printer.mjs "$PRINTED" >"$dir/printer" &
	printer=$!
	for _ in $(seq 300); do
		[ -s "$dir/printer" ] && break
		sleep 0.1
	done
	local account='transfer: {bank: "970436", bank_name: Vietcombank, account: "0011002233445", name: TIEM DEP NANG MAI}'
	printf %s "$BANK_KEY" >"$dir/sepay.key"
	cat >"$dir/edge.yaml" <<-END
		printer: {address: "$(cat "$dir/printer")"}
		payment: {$account}
	END
	cat >"$dir/hq.yaml" <<-END
		api_tokens: [{name: jobs, role: operator, sha256: $(printf %s "$OFFICE_TOKEN" | sha256sum | cut -d' ' -f1)}]
		payment: {$account, sepay: {key_file: sepay.key}}
	END
}

finish() {
	local status=$?
	stop || status=1
	[ -z "$printer" ] || kill "$printer" || true
	[ $status -eq 0 ] || { echo "e2e: what edge demo logged:" >&2 && tail -n 30 "$dir/log" >&2; }
	rm -rf "$dir"
	exit $status
}
trap finish EXIT

# job NAME runs a job. The bound ends what hangs and is far from what a slow machine
# needs; a browser that does not end either is killed.
job() { timeout -k 10 900 node "kiosk/ui/e2e/$1.mjs"; }

if [ "$what" = jobs ]; then
	start shop
	job main-job
	job mirror-job
	job friends-job
	job page-job
	job browser-job
	job setup-job # turns the camera, and ends with the sign-off
	stop
	job shopper-job # starts demos of its own, and kills one
	furnish
	start phone --settings "$dir/edge.yaml" --hq-settings "$dir/hq.yaml"
	job phone-job
	job stock-job
	job order-job
	job receipt-job
	job day-job
	stop
fi
start tablet --camera push
[ "$what" = painted ] || job tablet-job
[ "$what" = jobs ] || job painted
