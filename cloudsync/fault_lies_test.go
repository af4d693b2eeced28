package cloudsync_test

import (
	"context"
	"sync"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// lie is what a broker makes of the nth message that it is given, when it has
// been given those before: what it hands on.
type lie func(n int, m cloudsync.Message, before []cloudsync.Message) []cloudsync.Message

func swallows(n int, m cloudsync.Message, _ []cloudsync.Message) []cloudsync.Message {
	if n%3 == 0 {
		return nil
	}
	return []cloudsync.Message{m}
}

func repeats(n int, m cloudsync.Message, before []cloudsync.Message) []cloudsync.Message {
	if len(before) == 0 {
		return []cloudsync.Message{m}
	}
	return []cloudsync.Message{before[n*7%len(before)], m, before[n*13%len(before)], m}
}

func reorders(n int, m cloudsync.Message, before []cloudsync.Message) []cloudsync.Message {
	if n%2 == 1 || len(before) == 0 {
		return nil
	}
	return []cloudsync.Message{m, before[len(before)-1]}
}

func truncates(n int, m cloudsync.Message, _ []cloudsync.Message) []cloudsync.Message {
	if n%3 == 0 {
		m.Payload = m.Payload[:len(m.Payload)*(n%11)/11]
	}
	return []cloudsync.Message{m}
}

func changes(n int, m cloudsync.Message, _ []cloudsync.Message) []cloudsync.Message {
	if n%3 == 0 {
		m.Payload = append([]byte{}, m.Payload...)
		m.Payload[n*31%len(m.Payload)] ^= 1
	}
	return []cloudsync.Message{m}
}

// mixesUp hands on what is meant for another.
func mixesUp(n int, m cloudsync.Message, before []cloudsync.Message) []cloudsync.Message {
	if n%3 == 0 && len(before) > 0 {
		m.Payload = before[n*7%len(before)].Payload
	}
	return []cloudsync.Message{m}
}

// lies is what all connections to a broker have in common.
type lies struct {
	mu     sync.Mutex
	now    lie // nil is the truth
	told   int
	before []cloudsync.Message
}

func (l *lies) be(now lie) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.told, l.before = now, 0, nil
}

func (l *lies) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told
}

func (l *lies) about(m cloudsync.Message) []cloudsync.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		return []cloudsync.Message{m}
	}
	l.told++
	list := l.now(l.told, m, l.before)
	l.before = append(l.before, m)
	return list
}

// liar dials a broker that says that it has a message, whatever it does with it.
type liar struct {
	cloudsync.Dialer
	lies *lies
}

func (d *liar) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	l, err := d.Dialer.Dial(ctx, s)
	if err != nil {
		return nil, err
	}
	return &lyingLink{l, d.lies}, nil
}

type lyingLink struct {
	cloudsync.Link
	lies *lies
}

func (l *lyingLink) Publish(ctx context.Context, m cloudsync.Message) error {
	for _, m := range l.lies.about(m) {
		if err := l.Link.Publish(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
