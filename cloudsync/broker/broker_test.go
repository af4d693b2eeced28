package broker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/edge"
)

var users = []broker.User{
	{Name: "shop-1", Password: "p1"}, {Name: "shop-2", Password: "p2"}, {Name: "hq", Password: "p3", HQ: true},
}

func listen(t *testing.T) *broker.Broker {
	t.Helper()
	b, err := broker.Listen("127.0.0.1:0", broker.Options{Users: users, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return b
}

func dial(t *testing.T, addr, client, user, password string, s cloudsync.Session) (cloudsync.Link, error) {
	t.Helper()
	d := mqtt.Dialer{
		Broker: "tcp://" + addr, ClientID: client, Username: user, Password: password,
		Timeout: 2 * time.Second, Confirm: 2 * time.Second, Log: slog.New(slog.DiscardHandler),
	}
	l, err := d.Dial(t.Context(), s)
	if err == nil {
		t.Cleanup(l.Close)
	}
	return l, err
}

func topic(node string, b cloudsync.Branch, l edge.Lane) string {
	return cloudsync.Topic{Node: node, Branch: b, Lane: l}.String()
}

// receive waits for the next message.
func receive(t *testing.T, l cloudsync.Link) cloudsync.Message {
	t.Helper()
	select {
	case m := <-l.Messages():
		return m
	case <-time.After(2 * time.Minute):
		require.Fail(t, "no message")
		return cloudsync.Message{}
	}
}

func TestPortInUse(t *testing.T) {
	b := listen(t)
	_, err := broker.Listen(b.Addr().String(), broker.Options{Log: slog.New(slog.DiscardHandler)})
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.ErrorContains(t, err, b.Addr().String()+" is in use")
	_, err = broker.Listen("127.0.0.1:0", broker.Options{Users: []broker.User{{Name: "x"}}, Log: slog.New(slog.DiscardHandler)})
	require.Equal(t, edge.Invalid, edge.KindOf(err), "a user without a password")
}

func TestOnlyKnownUsersComeIn(t *testing.T) {
	b := listen(t)
	for _, c := range [][3]string{
		{"shop-1", "", ""}, {"shop-1", "shop-1", "wrong"}, {"shop-1", "nobody", ""}, {"shop-2", "shop-1", "p1"},
	} {
		_, err := dial(t, b.Addr().String(), c[0], c[1], c[2], cloudsync.Session{})
		require.Equal(t, edge.Unavailable, edge.KindOf(err), "%q: %v", c, err)
	}
	_, err := dial(t, b.Addr().String(), "any", "hq", "p3", cloudsync.Session{})
	require.NoError(t, err)
}

func TestGatewayUsesItsOwnTopicsOnly(t *testing.T) {
	b := listen(t)
	for _, filter := range []string{
		"#", "v1/#", cloudsync.SharedFilters("hq")[0], cloudsync.FilterState,
		topic("shop-2", cloudsync.BranchDown, ""), topic("shop-2", cloudsync.BranchAck, edge.LaneSale),
		topic("shop-2", cloudsync.BranchCmd, ""), topic("shop-1", cloudsync.BranchRsp, ""),
		topic("shop-1", cloudsync.BranchUp, edge.LaneSale),
	} {
		_, err := dial(t, b.Addr().String(), "shop-1", "shop-1", "p1", cloudsync.Session{Filters: []string{filter}})
		require.ErrorContains(t, err, "not allowed", filter)
	}
	filters := cloudsync.Session{Filters: append(cloudsync.SharedFilters("hq"), cloudsync.FilterState)}
	hq, err := dial(t, b.Addr().String(), "hq-1", "hq", "p3", filters)
	require.NoError(t, err)
	for _, foreign := range []string{
		topic("shop-2", cloudsync.BranchUp, edge.LaneSale), topic("shop-1", cloudsync.BranchAck, edge.LaneSale), topic("shop-1", cloudsync.BranchCmd, ""),
	} {
		shop, err := dial(t, b.Addr().String(), "shop-1", "shop-1", "p1", cloudsync.Session{})
		require.NoError(t, err)
		require.Error(t, shop.Publish(t.Context(), cloudsync.Message{Topic: foreign, Payload: []byte("foreign")}))
	}
	shop, err := dial(t, b.Addr().String(), "shop-1", "shop-1", "p1", cloudsync.Session{Filters: []string{topic("shop-1", cloudsync.BranchDown, "")}})
	require.NoError(t, err)
	own := cloudsync.Message{Topic: topic("shop-1", cloudsync.BranchUp, edge.LaneSale), Payload: []byte("own")}
	require.NoError(t, shop.Publish(t.Context(), own))
	require.Equal(t, own, receive(t, hq), "and nothing before it")

	down := cloudsync.Message{Topic: topic("shop-1", cloudsync.BranchDown, ""), Payload: []byte("down")}
	require.NoError(t, hq.Publish(t.Context(), down))
	require.Equal(t, down, receive(t, shop))

	sample := cloudsync.Message{Topic: topic("shop-1", cloudsync.BranchUp, cloudsync.LaneTele), Payload: []byte("sample")}
	loose := sample
	loose.Loose = true
	require.NoError(t, shop.Publish(t.Context(), loose))
	require.Equal(t, sample, receive(t, hq))
}

func TestADoubleTakesOver(t *testing.T) {
	b := listen(t)
	first, err := dial(t, b.Addr().String(), "shop-1", "shop-1", "p1", cloudsync.Session{})
	require.NoError(t, err)
	_, err = dial(t, b.Addr().String(), "shop-1", "shop-1", "p1", cloudsync.Session{})
	require.NoError(t, err)
	select {
	case <-first.Done():
	case <-time.After(2 * time.Minute):
		require.Fail(t, "the first connection still stands")
	}
}

// Clients that leave while the broker ends do not keep it from that.
func TestEndsWhileClientsLeave(t *testing.T) {
	for range 40 {
		b, err := broker.Listen("127.0.0.1:0", broker.Options{Users: users, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		var leaving sync.WaitGroup
		for i := range 8 {
			link, err := dial(t, b.Addr().String(), fmt.Sprintf("hq-%d", i), "hq", "p3", cloudsync.Session{})
			require.NoError(t, err)
			leaving.Go(func() {
				<-ctx.Done()
				link.Close()
			})
		}
		cancel()
		leaving.Wait()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(2 * time.Minute):
			require.Fail(t, "the broker still runs")
		}
	}
}

// A connection that never says who it is must not keep the broker from ending,
// whatever moment it came in at.
func TestEndsWithConnectionsThatSayNothing(t *testing.T) {
	b, err := broker.Listen("127.0.0.1:0", broker.Options{Users: users, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	comers := make(chan int)
	for range 4 {
		go func() {
			n := 0
			for ; ; n++ {
				conn, err := net.Dial("tcp", b.Addr().String())
				if err != nil {
					break
				}
				defer conn.Close()
				if n == 25 {
					cancel()
				}
			}
			comers <- n
		}()
	}
	for range 4 {
		<-comers
	}
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(2 * time.Minute):
		require.Fail(t, "the broker still runs")
	}
}
