package cloudsync_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// faultRounds is how often each fault happens in a row: once, or as often as the
// environment says.
func faultRounds(t *testing.T) int {
	const name = "MIRRORCART_TEST_FAULTS"
	s := os.Getenv(name)
	if s == "" {
		return 1
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err, name)
	return n
}

// fault is something that goes wrong between a till and headquarters.
type fault struct {
	name     string
	happens  func(s *scene) // sells in the midst of it
	broker   func(s *scene) network
	postgres bool // headquarters' ledger lies in PostgreSQL
	hasty    bool // a connection on which nothing comes is given up soon
}

// A shop sells before, during and after each of these, through a broker that is
// a process of its own and lines that get bad. At the end headquarters holds
// every receipt that was printed, each once, and the same stock; nothing is in
// quarantine, no incident lasts, and no connection is left over.
//
// Not here: power cuts, full and broken disks (edge/sqlite), and databases that
// were put back (epoch_test.go, incident_test.go).
func TestFaults(t *testing.T) {
	rounds := faultRounds(t)
	faults := []fault{
		// The line.
		{name: "line down six times", happens: flaps},
		{name: "line of 100 ms", happens: during(state{delay: 50 * time.Millisecond})},
		{name: "satellite, losing connections", happens: satellite},
		{name: "line of 40 kbit/s", happens: slowLine},
		{name: "till's words vanish", happens: half(state{lost: true}, false), hasty: true},
		{name: "broker's words vanish", happens: half(state{deaf: true}, false), hasty: true},
		{name: "headquarters' words vanish", happens: half(state{lost: true}, true), hasty: true},
		{name: "headquarters hears nothing", happens: half(state{deaf: true}, true), hasty: true},
		{name: "TLS connections reset in a batch", happens: shortLines, broker: withTLS},
		{name: "no name for the broker", happens: noName},
		{name: "captive portal", happens: portal("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n<html>Welcome")},
		{name: "noise in the broker's place", happens: portal("\x20\x02\x00\x00\x90\x03\x00\x01\x80\xff\xff\xff\xff\xff\xff")},

		// The broker.
		{name: "broker killed", happens: brokerKilled},
		{name: "embedded broker killed", happens: brokerKilled, broker: func(s *scene) network { return newEmbedded(s.t) }},
		{name: "broker swallows every third message", happens: lying(swallows)},
		{name: "broker repeats old messages", happens: lying(repeats)},
		{name: "broker reorders messages", happens: lying(reorders)},
		{name: "broker cuts messages short", happens: lying(truncates)},
		{name: "broker changes messages", happens: lying(changes)},
		{name: "broker mixes up messages", happens: lying(mixesUp)},

		// Somebody who got hold of the broker.
		{name: "batches of a stranger", happens: injects("batch refused", strangersBatches)},
		{name: "batches in another shop's name", happens: injects("batch refused", othersBatches)},
		{name: "old messages of all kinds", happens: injects("message refused", everything)},
		{name: "bomb of zstd", happens: injects("batch refused", bomb)},
		{name: "packets of 10 MB", happens: injects("message refused", largePackets)},
		{name: "noise on all topics", happens: injects("message refused", noise)},
		{name: "forged acks", happens: injects("message refused", forgedAcks)},
		{name: "forged nacks", happens: injects("message refused", forgedNacks)},
		{name: "forged changes and commands", happens: injects("message refused", forgedOrders)},
		{name: "expired command", happens: injects("command refused", expiredCommand)},
		{name: "command once more", happens: oldCommand},

		// Clocks.
		{name: "till's clock a day on and back", happens: jumps(tillsClock)},
		{name: "headquarters' clock a day on and back", happens: jumps(hqsClock)},

		// Headquarters.
		{name: "collectors and ledger closed in turn", happens: hqClosed},
		{name: "ledger put back, its old acks once more", happens: hqPutBack},
		{name: "headquarters silent, HTTPS open", happens: hqSilent},
		{name: "database killed", happens: databaseKilled, postgres: true},
		{name: "collector hangs, then dies", happens: collectorHangs, postgres: true},
	}
	seats := make(chan struct{}, 4) // they wait more than they work
	var all sync.WaitGroup
	for _, f := range faults {
		all.Go(func() {
			seats <- struct{}{}
			defer func() { <-seats }()
			t.Run(f.name, func(t *testing.T) {
				s := newScene(t, f)
				s.sell(10)
				s.arrived()
				for range rounds {
					f.happens(s)
					s.sell(10)
					s.arrived()
				}
				s.check()
			})
		})
	}
	all.Wait()
	require.Eventually(t, func() bool { return len(running()) == 0 }, 2*time.Minute, 50*time.Millisecond, "left over: %v", running())
}

// running lists the goroutines of the line that are not a test's.
func running() (list []string) {
	b := make([]byte, 1<<22)
	for g := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
		ours := strings.Contains(g, "/cloudsync.") || strings.Contains(g, "/cloudsync/") || strings.Contains(g, "paho.mqtt")
		if ours && !strings.Contains(g, "TestFaults") && !strings.Contains(g, "/pgtemp.") {
			list = append(list, g)
		}
	}
	return list
}
