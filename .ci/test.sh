#!/usr/bin/env bash
# Runs every check, also after one has failed, and closes with how many passed.
# Called by make test, which has set the machine up and the environment.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=()

# check NAME COMMAND… runs one check.
check() {
	local name=$1 begin=$SECONDS
	shift
	printf '\n=== %s\n' "$name"
	if "$@"; then
		passed=$((passed + 1))
		printf '=== %s: passed (%d s)\n' "$name" $((SECONDS - begin))
	else
		failed+=("$name")
		printf '=== %s: FAILED (%d s)\n' "$name" $((SECONDS - begin))
	fi
}

formatted() {
	local bad
	bad=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l) || return
	[ -z "$bad" ] || { echo "not formatted, run make fmt:" && echo "$bad" && return 1; }
}

# race compiles the C libraries lightly: the detector needs builds of its own,
# and optimising SQLite and OpenCV's binding for them would take a minute more.
race() { CGO_CFLAGS="-O1 -g0" CGO_CXXFLAGS="-O1 -g0" go test -race -timeout 40m ./...; }

# pictures runs what looks at many pictures with all of them: where races are
# looked for these tests take fewer.
pictures() { go test ./ar/face ./ar/look; }

# leaks counts the pictures that OpenCV holds: gocv does so in builds of its own.
leaks() {
	CGO_CFLAGS="-O1 -g0" CGO_CXXFLAGS="-O1 -g0" GOFLAGS=$GOFLAGS,matprofile \
		go test -run TestEveryMatIsClosed ./ar/camera ./ar/face
}

# fuzz runs each fuzz test for a few seconds. Inputs are hardly minimised: with
# Go's default of a minute for each, a smoke test would do nothing else.
fuzz() {
	local status=0 file test out
	while IFS=: read -r file test; do
		out=$(go test -run '^$' -fuzz "^$test\$" -fuzztime 3s -fuzzminimizetime 10x "./$(dirname "$file")" 2>&1)
		# When the time is up Go now and then reports its own deadline as a failure.
		if [ $? -ne 0 ] && { [[ $out != *"context deadline exceeded"* ]] || [[ $out == *"Failing input"* ]]; }; then
			echo "$out"
			status=1
		else
			echo "ok  $(dirname "$file") $test"
		fi
	done < <(git ls-files --cached --others --exclude-standard '*_test.go' |
		xargs -r sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(f \*testing\.F).*/\1/;T;F;p' | paste -d: - -)
	return $status
}

# main_job lets the demo do the main job unattended and reads its verdict.
main_job() {
	local out dir status
	dir=$(mktemp -d)
	out=$(bin/edge demo --once --json --addr 127.0.0.1:0 --hq-addr 127.0.0.1:0 --mqtt-addr 127.0.0.1:0 --dir "$dir")
	status=$?
	rm -rf "$dir"
	echo "$out"
	[ $status -eq 0 ] && node -e 'process.exit(JSON.parse(process.argv[1]).ok === true ? 0 : 1)' "$out"
}

check "format" formatted
check "module list is tidy" go mod tidy -diff
check "build" make --no-print-directory build
check "vet" go vet ./...
check "lint" "build/tools/golangci-lint-$GOLANGCI_LINT" run
check "known faults in what we depend on" .ci/audit.sh
check "tests of the pages" npm --prefix kiosk/ui test
check "tests of the mini programs" npm --prefix cloudsync/hq/cart/miniapp test
check "tests with the race detector" race
check "all pictures, without the race detector" pictures
check "every OpenCV picture is closed" leaks
check "fuzz smoke" fuzz
check "main job, unattended" main_job
check "main job in Chromium" .ci/e2e.sh

printf '\n'
[ ${#failed[@]} -eq 0 ] || printf 'failed: %s\n' "${failed[@]}"
printf 'checks: %d passed, %d failed\n' "$passed" ${#failed[@]}
[ ${#failed[@]} -eq 0 ]
