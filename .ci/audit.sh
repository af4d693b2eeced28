#!/usr/bin/env bash
# Looks whether a fault is known in what the programs and pages are made of: the
# Go modules that are really called, and the npm packages of the lock files. Where
# the lists of known faults cannot be reached it says so and passes: what is used
# is pinned, and goes on being what it was. Called by make lint and make test.
#
# usage: .ci/audit.sh
#
# GOVULNDB names another list than https://vuln.go.dev, such as file:///DIR.
set -uo pipefail
cd "$(dirname "$0")/.."
: "${GOVULNCHECK:?call make lint instead}"

found=0

modules() {
	local out status
	out=$("build/tools/govulncheck-$GOVULNCHECK" ${GOVULNDB:+-db="$GOVULNDB"} ./... 2>&1)
	status=$?
	if [ $status -eq 0 ]; then
		echo "Go modules: no known fault is in what is called"
	elif grep -q 'fetching vulnerabilities' <<<"$out"; then
		echo "Go modules: not looked up: $(tail -n 1 <<<"$out")"
	else
		echo "$out"
		found=1
	fi
}

# packages DIR looks up what its package-lock.json names.
packages() {
	local out
	out=$(npm --prefix "$1" audit --package-lock-only --audit-level=high --json 2>/dev/null)
	node -e '
		const [dir, text] = process.argv.slice(1);
		let told = {};
		try { told = JSON.parse(text); } catch { /* nothing was told */ }
		const faults = Object.values(told.vulnerabilities ?? {}).filter((v) => ["high", "critical"].includes(v.severity));
		if (!told.vulnerabilities) console.log(`npm packages of ${dir}: not looked up: the registry does not tell`);
		else if (!faults.length) console.log(`npm packages of ${dir}: no grave fault is known`);
		for (const v of faults) console.log(`npm packages of ${dir}: ${v.name} ${v.range}: ${v.severity}`);
		process.exit(faults.length ? 1 : 0);
	' "$1" "$out" || found=1
}

modules
while read -r lock; do
	packages "$(dirname "$lock")"
done < <(git ls-files '*package-lock.json')
exit $found
