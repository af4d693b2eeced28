package chat

import (
	"cmp"
	"encoding/base64"

	"github.com/mirrorcart/mirrorcart/edge"
)

// LINESettings are those of a channel. Its messages are taken in, and not yet
// answered.
type LINESettings struct {
	ChannelSecret string // signs what is reported
}

type line struct{ LINESettings }

func newLINE(s LINESettings) (*line, error) {
	if s.ChannelSecret == "" {
		return nil, edge.Errorf("chat.newLINE", edge.Invalid, "the channel secret is needed")
	}
	return &line{s}, nil
}

func (*line) name() string { return LINE }

func (*line) rules() Rules { return Rules{} }

// challenge: LINE asks for none.
func (*line) challenge(call) (string, error) {
	return "", edge.Errorf("chat.line", edge.NotFound, "LINE asks nothing here")
}

type lineReport struct {
	Events []struct {
		ID        string `json:"webhookEventId"`
		Type      string
		Timestamp millis
		Source    struct{ UserID string }
		Message   struct{ ID, Text string }
	}
}

func (l *line) receive(r call) ([]Message, error) {
	const op = "chat.line.receive"
	want := base64.StdEncoding.EncodeToString(sum256(l.ChannelSecret, r.body))
	if !same(r.header.Get("X-Line-Signature"), want) {
		return nil, forbidden(op, "the signature does not fit: check channel_secret")
	}
	var report lineReport
	if err := decode(op, r.body, &report); err != nil {
		return nil, err
	}
	var list []Message
	for _, e := range report.Events {
		m := Message{ID: cmp.Or(e.ID, e.Message.ID), Person: e.Source.UserID, At: e.Timestamp.Time}
		switch e.Type {
		case "message":
			m.Did, m.Text = Said, e.Message.Text
		case "follow":
			m.Did, m.Began = Acted, true
		case "unfollow":
			m.Gone = true
		default:
			continue
		}
		list = append(list, m)
	}
	return list, nil
}
