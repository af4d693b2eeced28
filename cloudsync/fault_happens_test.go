package cloudsync_test

import (
	"fmt"
	"net/http/httptest"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func flaps(s *scene) {
	for i := range 6 {
		s.line.be(state{off: true})
		s.sell(3)
		if i%2 == 0 {
			s.noticed()
		}
		s.line.be(state{})
		s.sell(3)
		if i%3 == 0 {
			s.arrived()
		}
	}
}

// during sells on a line that stays so bad.
func during(is state) func(*scene) {
	return func(s *scene) {
		s.line.be(is)
		for range 3 {
			s.sell(10)
			s.arrived()
		}
	}
}

// satellite is a way of 600 ± 50 ms there and back. What gets lost on it shows
// as a connection that is reset.
func satellite(s *scene) {
	is := state{delay: 300 * time.Millisecond, jitter: 25 * time.Millisecond}
	s.line.be(is)
	for range 2 {
		s.sell(10)
		s.line.be(state{off: true})
		s.sell(10)
		s.line.be(is)
		s.arrived()
	}
}

// slowLine has a delivery to carry too, of more than a second.
func slowLine(s *scene) {
	s.line.be(state{rate: 40_000 / 8, delay: 50 * time.Millisecond})
	var moves []edge.StockMove
	for i := range 600 {
		moves = append(moves, edge.StockMove{
			SKU: edgetest.Cream, Delta: int64(i) + 1, Reason: edge.StockGoodsIn, Ref: fmt.Sprint("note ", len(s.sold), "-", i), At: time.Now().UTC(),
		})
	}
	require.NoError(s.t, s.shop.MoveStock(s.t.Context(), moves))
	s.sell(10)
	s.arrived()
}

// half makes a line on which only one side is heard, and nobody is told.
func half(is state, hqs bool) func(*scene) {
	return func(s *scene) {
		l := s.line
		if hqs {
			l = s.hqLine
		}
		l.be(is)
		s.sell(10)
		s.noticed()
		s.sell(10)
		l.be(state{})
		s.arrived()
	}
}

// shortLines reset each connection after fewer bytes than a batch needs, more
// each time.
func shortLines(s *scene) {
	for n := range 10 {
		before := s.line.cutShort()
		s.line.be(state{off: true})
		s.line.be(state{short: 1000 + 700*n})
		s.eventually("no connection was reset", func() bool {
			s.sell(1) // a connection that is long enough for what there is gets more
			return s.line.cutShort() > before
		})
	}
	s.line.be(state{})
}

// noName makes the broker's name unknown.
func noName(s *scene) {
	s.stopUp()
	d := &instead{Dialer: s.dialer, other: s.dial("broker.invalid:1883", node)}
	s.dialer = d
	s.stopUp = s.startUplink(s.t)
	s.sell(20)
	s.eventually("nobody asks for the name", func() bool { return d.count() >= 3 })
	s.noticed()
	d.be(nil)
	s.arrived()
}

// portal answers in the broker's place.
func portal(with string) func(*scene) {
	return func(s *scene) {
		s.line.be(state{portal: with})
		s.sell(20)
		s.noticed()
		s.eventually("nobody meets the portal", func() bool { return s.line.portals() >= 3 })
		s.line.be(state{})
		s.arrived()
	}
}

func brokerKilled(s *scene) {
	for range 3 {
		s.sell(10)
		s.net.kill(s.t)
		s.sell(10)
		s.net.start(s.t)
	}
}

// lying tells lies about 60 messages at least.
func lying(l lie) func(*scene) {
	return func(s *scene) {
		s.lies.be(l)
		s.eventually("too few messages", func() bool {
			s.sell(1)
			return s.lies.count() >= 60
		})
		s.lies.be(nil)
	}
}

func tillsClock(s *scene) *clock { return &s.clock.shop }
func hqsClock(s *scene) *clock   { return &s.clock.hq }

func jumps(which func(*scene) *clock) func(*scene) {
	return func(s *scene) {
		for _, days := range []int64{1, 0, -1, 0} {
			s.sell(5)
			which(s).ahead.Store(days * int64(24*time.Hour))
			s.sell(5)
			if days != 0 {
				s.arrived()
				s.stopUp() // and the agreement anew
				s.stopUp = s.startUplink(s.t)
			}
		}
	}
}

func hqClosed(s *scene) {
	t := s.t
	stop2 := s.collect(t, "hq-2")
	s.sell(20)
	s.stopHQ()
	s.sell(20)
	stop2()
	require.NoError(t, s.hq.Close())
	s.sell(20)
	s.openHQ(t)
	s.stopHQ = s.collect(t, "hq-1")
	s.sell(20)
	s.net.kill(t)
	stop2 = s.collect(t, "hq-2")
	s.net.start(t)
	s.sell(20)
	s.arrived()
	stop2()
}

// hqPutBack makes headquarters forget what it confirmed, and lets the
// confirmations be heard again.
func hqPutBack(s *scene) {
	t := s.t
	s.stopHQ()
	require.NoError(t, s.hq.Close())
	before := take(t, s.hqAt)
	s.openHQ(t)
	s.stopHQ = s.collect(t, "hq-1")
	spy := s.spy()
	s.sell(20)
	s.arrived()
	s.stopHQ()
	require.NoError(t, s.hq.Close())
	before.putBack(t)
	s.openHQ(t)
	s.sell(5)
	for range 3 {
		spy.say(spy.heard("/ack/")...)
	}
	s.stopHQ = s.collect(t, "hq-1")
	spy.say(spy.heard("/ack/")...)
	s.eventually("headquarters does not get back what it lost", func() bool {
		require.NoError(t, s.hq.Project(t.Context()))
		return len(s.held(t)) == len(s.sold)
	})
	s.lasts = hq.IncidentRestored
}

// hqSilent: the broker is there, and nobody behind it who answers.
func hqSilent(s *scene) {
	t := s.t
	s.stopUp()
	server := httptest.NewTLSServer(s.hq.IngestHandler())
	defer server.Close()
	usual := s.dialer
	second := &countingDialer{Dialer: &https.Dialer{URL: server.URL, Client: server.Client(), Poll: 50 * time.Millisecond}}
	s.dialer = &cloudsync.Fallback{First: usual, Second: second, Log: s.log, Return: 100 * time.Millisecond}
	s.silence = 1500 * time.Millisecond
	s.stopUp = s.startUplink(t)
	s.sell(5)
	s.arrived()
	s.stopHQ()
	s.sell(20)
	s.arrived()
	require.NotZero(t, second.dialled.Load())
	s.stopHQ = s.collect(t, "hq-1")
	server.Close() // nobody answers over HTTPS any more
	s.sell(5)
	s.arrived()
	s.stopUp()
	s.dialer = usual
	s.stopUp = s.startUplink(t)
}

func databaseKilled(s *scene) {
	for range 2 {
		s.sell(10)
		require.NoError(s.t, s.postgres.Kill())
		s.sell(10)
		s.eventually("nobody misses the database", func() bool { return s.book.count("batch not acknowledged") > 0 })
		require.NoError(s.t, s.postgres.Restart(s.t.Context()))
	}
}

// collectorHangs: what the broker gives to a collector that was stopped, and
// says that it has delivered, is lost with it.
func collectorHangs(s *scene) {
	process, kill := collectorProcess(s.t, s.hqAt, s.net.addr(), "hq-2", "all", s.hqKey)
	s.sell(20)
	s.arrived()
	require.NoError(s.t, process.Signal(syscall.SIGSTOP))
	spy := s.spy()
	s.eventually("too few batches", func() bool {
		s.sell(2)
		return len(spy.heard("/up/sale")) >= 6
	})
	kill()
}
