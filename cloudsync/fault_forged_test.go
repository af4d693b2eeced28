package cloudsync_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	otherNode    = "shop-2"
	forgedChange = 1 << 50 // the number of a change that headquarters never made
)

// spy hears all that passes a broker, and says what it wants.
type spy struct {
	*scene
	link cloudsync.Link
	mu   sync.Mutex
	all  []cloudsync.Message
}

func (s *scene) spy() *spy {
	s.t.Helper()
	link, err := dial(s.net.addr(), "spy-"+uuid.NewString()).Dial(s.t.Context(), cloudsync.Session{Filters: []string{"v1/#"}})
	require.NoError(s.t, err)
	p := &spy{scene: s, link: link}
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			select {
			case <-link.Done():
				return
			case m := <-link.Messages():
				p.mu.Lock()
				p.all = append(p.all, m)
				p.mu.Unlock()
			}
		}
	})
	s.t.Cleanup(func() {
		link.Close()
		listening.Wait()
	})
	return p
}

// heard lists the messages so far on topics that contain part.
func (p *spy) heard(part string) (list []cloudsync.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.all {
		if strings.Contains(m.Topic, part) {
			list = append(list, m)
		}
	}
	return list
}

func (p *spy) say(list ...cloudsync.Message) {
	p.t.Helper()
	for _, m := range list {
		require.NoError(p.t, p.link.Publish(p.t.Context(), m))
	}
}

// injects says what make makes of what was heard, in the midst of selling. As
// many of these messages as make says are minded, in the log.
func injects(logged string, make func(*spy) (list []cloudsync.Message, minded int)) func(*scene) {
	return func(s *scene) {
		p := s.spy()
		s.sell(20)
		s.arrived()
		s.eventually("too little was heard", func() bool { return len(p.heard("/up/sale")) > 0 && len(p.heard("/ack/sale")) > 0 })
		before := s.book.count(logged)
		list, minded := make(p)
		p.say(list...)
		s.sell(20)
		s.eventually("nobody minds", func() bool { return s.book.count(logged) >= before+minded })
		s.arrived()
		applied, err := s.shop.Applied(s.t.Context())
		require.NoError(s.t, err)
		require.Less(s.t, applied, uint64(forgedChange))
	}
}

// body is what an envelope that was heard holds.
func (p *spy) body(m cloudsync.Message) []byte {
	env, err := cloudsync.Open(m.Payload)
	require.NoError(p.t, err)
	return env.Body
}

func topicOf(of string, b cloudsync.Branch, l edge.Lane) string {
	return cloudsync.Topic{Node: of, Branch: b, Lane: l}.String()
}

func sealed(key ed25519.PrivateKey, k cloudsync.Kind, topic string, body []byte) cloudsync.Message {
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(key, k, topic, body)}
}

// strangersBatches are signed with an unknown key, or bear a signature that is
// not theirs.
func strangersBatches(p *spy) (list []cloudsync.Message, minded int) {
	for _, m := range p.heard("/up/sale") {
		body, forged := p.body(m), bytes.Clone(m.Payload)
		forged[len(forged)-len(body)-1] ^= 1
		list = append(list, sealed(newKey(p.t), cloudsync.KindBatch, m.Topic, body), cloudsync.Message{Topic: m.Topic, Payload: forged})
	}
	return list, len(list)
}

// enrolOther makes another shop known, whose key somebody got hold of.
func (p *spy) enrolOther() ed25519.PrivateKey {
	key := newKey(p.t)
	err := p.hq.Enrol(p.t.Context(), hq.Node{Node: otherNode, Shop: "hanoi-2", Key: key.Public().(ed25519.PublicKey)})
	require.NoError(p.t, err)
	return key
}

// othersBatches are signed by another shop, or said on its topic.
func othersBatches(p *spy) (list []cloudsync.Message, minded int) {
	key := p.enrolOther()
	for _, m := range p.heard("/up/sale") {
		elsewhere := topicOf(otherNode, cloudsync.BranchUp, edge.LaneSale)
		list = append(list, sealed(key, cloudsync.KindBatch, m.Topic, p.body(m)), sealed(key, cloudsync.KindBatch, elsewhere, p.body(m)),
			cloudsync.Message{Topic: elsewhere, Payload: m.Payload})
	}
	return list, len(list)
}

// everything that was said is said again, three times and backwards.
func everything(p *spy) (list []cloudsync.Message, minded int) {
	for range 3 {
		list = append(list, p.heard("")...)
	}
	slices.Reverse(list)
	return list, 0
}

// bomb is small and becomes large.
func bomb(p *spy) (list []cloudsync.Message, minded int) {
	enc, err := zstd.NewWriter(nil)
	require.NoError(p.t, err)
	defer enc.Close()
	body := enc.EncodeAll(make([]byte, 64<<20), nil)
	require.Less(p.t, len(body), 64<<10)
	list = []cloudsync.Message{
		sealed(p.enrolOther(), cloudsync.KindBatch, topicOf(otherNode, cloudsync.BranchUp, edge.LaneSale), body),
		sealed(p.nodeKey, cloudsync.KindBatch, topicOf(node, cloudsync.BranchUp, edge.LaneSale), body),
	}
	return list, len(list)
}

func largePackets(p *spy) (list []cloudsync.Message, minded int) {
	b := make([]byte, 10<<20)
	rand.Read(b)
	for _, m := range p.oneOfEach()[:4] {
		copy(b, m.Payload[:min(len(m.Payload), 100)])
		list = append(list, cloudsync.Message{Topic: m.Topic, Payload: bytes.Clone(b)})
	}
	return list, 1
}

// oneOfEach has one message of each topic of the shop's, by which it is known.
func (p *spy) oneOfEach() (list []cloudsync.Message) {
	for _, t := range []cloudsync.Topic{
		{Branch: cloudsync.BranchUp, Lane: edge.LaneSale},
		{Branch: cloudsync.BranchUp, Lane: cloudsync.LaneTele},
		{Branch: cloudsync.BranchAck, Lane: edge.LaneSale},
		{Branch: cloudsync.BranchCmd},
		{Branch: cloudsync.BranchDown},
		{Branch: cloudsync.BranchRsp},
		{Branch: cloudsync.BranchState},
	} {
		t.Node = node
		m := cloudsync.Message{Topic: t.String(), Payload: p.heard("/up/sale")[0].Payload}
		if of := p.heard(t.String()); len(of) > 0 {
			m = of[0]
		}
		list = append(list, m)
	}
	return list
}

func noise(p *spy) (list []cloudsync.Message, minded int) {
	for _, m := range p.oneOfEach() {
		for n := 0; n < 120; n += 9 {
			b := make([]byte, n)
			rand.Read(b)
			list = append(list, cloudsync.Message{Topic: m.Topic, Payload: b})
			copy(b, m.Payload)
			list = append(list, cloudsync.Message{Topic: m.Topic, Payload: bytes.Clone(b)})
		}
	}
	for _, t := range []string{"v1/x", "v1/00/" + node + "/up/sale", topicOf("nobody", cloudsync.BranchUp, edge.LaneSale), "v1/63/" + strings.Repeat("n", 200) + "/state"} {
		list = append(list, cloudsync.Message{Topic: t, Payload: []byte("noise")})
	}
	return list, 1
}

// forgedAcks promise more than headquarters holds.
func forgedAcks(p *spy) (list []cloudsync.Message, minded int) {
	for _, m := range p.heard("/ack/sale") {
		env, err := cloudsync.Open(m.Payload)
		require.NoError(p.t, err)
		if env.Kind != cloudsync.KindAck {
			continue
		}
		ack, err := cloudsync.DecodeAck(env.Body)
		require.NoError(p.t, err)
		ack.Mark += 1000
		body, err := ack.Encode()
		require.NoError(p.t, err)
		elsewhere := cloudsync.Seal(p.hqKey, cloudsync.KindAck, topicOf(otherNode, cloudsync.BranchAck, edge.LaneSale), body)
		list = append(list,
			sealed(newKey(p.t), cloudsync.KindAck, m.Topic, body),
			sealed(p.nodeKey, cloudsync.KindAck, m.Topic, body),
			cloudsync.Message{Topic: m.Topic, Payload: elsewhere},
			cloudsync.Message{Topic: m.Topic, Payload: append(bytes.Clone(m.Payload[:len(m.Payload)-len(env.Body)]), body...)})
	}
	return list, len(list)
}

// forgedNacks refuse what was sent.
func forgedNacks(p *spy) (list []cloudsync.Message, minded int) {
	for _, m := range p.heard("/up/sale") {
		for _, code := range []cloudsync.Refusal{cloudsync.RefusedUnknownKey, cloudsync.RefusedTooLarge} {
			body, err := (&cloudsync.Nack{Ref: cloudsync.RefOf(m.Payload), Code: code, Msg: "no"}).Encode()
			require.NoError(p.t, err)
			list = append(list, sealed(newKey(p.t), cloudsync.KindNack, topicOf(node, cloudsync.BranchAck, edge.LaneSale), body))
		}
	}
	return list, len(list)
}

// forgedOrders are not signed by headquarters, or are for another shop.
func forgedOrders(p *spy) (list []cloudsync.Message, minded int) {
	codec, err := cloudsync.NewCodec()
	require.NoError(p.t, err)
	down, err := codec.EncodeDown(&cloudsync.Down{Node: node, N: forgedChange})
	require.NoError(p.t, err)
	cmd := p.cmd(time.Now().Add(time.Hour))
	for _, key := range []ed25519.PrivateKey{newKey(p.t), p.nodeKey} {
		list = append(list, sealed(key, cloudsync.KindDown, topicOf(node, cloudsync.BranchDown, ""), down),
			sealed(key, cloudsync.KindCmd, topicOf(node, cloudsync.BranchCmd, ""), cmd))
	}
	for m, k := range map[string]cloudsync.Kind{string(down): cloudsync.KindDown, string(cmd): cloudsync.KindCmd} {
		for _, b := range []cloudsync.Branch{cloudsync.BranchDown, cloudsync.BranchCmd} {
			elsewhere := cloudsync.Seal(p.hqKey, k, topicOf(otherNode, b, ""), []byte(m))
			list = append(list, cloudsync.Message{Topic: topicOf(node, b, ""), Payload: elsewhere})
		}
	}
	return list, len(list)
}

func (p *spy) cmd(exp time.Time) []byte {
	c := cloudsync.Cmd{
		ID: uuid.Must(uuid.NewV7()).String(), Node: node, Exp: exp.UTC(),
		Op: cloudsync.OpResendFrom, Args: cloudsync.Args{Lane: edge.LaneSale, From: 1},
	}
	body, err := c.Encode()
	require.NoError(p.t, err)
	return body
}

func expiredCommand(p *spy) (list []cloudsync.Message, minded int) {
	topic := topicOf(node, cloudsync.BranchCmd, "")
	return []cloudsync.Message{sealed(p.hqKey, cloudsync.KindCmd, topic, p.cmd(time.Now().Add(-time.Minute)))}, 1
}

// oldCommand is a genuine one, said again after it was done.
func oldCommand(s *scene) {
	p := s.spy()
	id := s.command(s.t, cloudsync.OpResendFrom, cloudsync.Args{Lane: edge.LaneSale, From: 1})
	s.eventually("the command is not done", func() bool {
		c, err := s.hq.CommandByID(s.t.Context(), id)
		require.NoError(s.t, err)
		return c.Status == cloudsync.CmdDone && len(p.heard("/cmd")) > 0
	})
	done, again := s.book.count("command done"), s.book.count("command answered from memory")
	p.say(p.heard("/cmd")...)
	s.sell(5)
	s.arrived()
	s.eventually("it is not answered", func() bool { return s.book.count("command answered from memory") > again })
	require.Equal(s.t, done, s.book.count("command done"), "it was done once")
}
