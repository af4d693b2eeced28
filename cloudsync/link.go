package cloudsync

import "context"

// Message is what travels on a topic.
type Message struct {
	Topic   string
	Payload []byte
	Retain  bool // the broker keeps it for those who subscribe later
	Loose   bool // sent once, whether anybody gets it or not
}

// Session says what a connection is for.
type Session struct {
	Filters []string // topics to hear
	Will    *Message // what the broker publishes when the connection is lost
	// Silent says that the connection before this one stood, but nothing came of
	// HQ: another way to it may be better, if there is one.
	Silent bool
}

// Dialer opens a connection to the broker, subscribed to all of the session's
// filters. It gives up when ctx ends.
type Dialer interface {
	Dial(ctx context.Context, s Session) (Link, error)
}

// Link is one connection: a pipe that may lose, repeat and reorder. It is not
// mended; when it is lost the user dials anew. One that has Shared() bool, and says
// so, was not taken from another connection of the same name and cannot be lost to one.
type Link interface {
	// Publish hands a message to the broker and returns once the broker has
	// it. That says nothing of delivery.
	Publish(ctx context.Context, m Message) error
	// Messages delivers what arrived. When the reader falls behind, messages
	// are dropped.
	Messages() <-chan Message
	// Done is closed when the connection is lost.
	Done() <-chan struct{}
	// Close ends the connection without the will being published.
	Close()
}
