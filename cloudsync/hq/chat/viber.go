package chat

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ViberSettings are those of a bot. Its messages are taken in, and not yet
// answered.
type ViberSettings struct {
	AuthToken string // signs what is reported
}

type viber struct{ ViberSettings }

func newViber(s ViberSettings) (*viber, error) {
	if s.AuthToken == "" {
		return nil, edge.Errorf("chat.newViber", edge.Invalid, "the auth token is needed")
	}
	return &viber{s}, nil
}

func (*viber) name() string { return Viber }

func (*viber) rules() Rules { return Rules{} }

// challenge: Viber asks for none.
func (*viber) challenge(call) (string, error) {
	return "", edge.Errorf("chat.viber", edge.NotFound, "Viber asks nothing here")
}

type viberReport struct {
	Event     string
	Timestamp millis
	Token     json.Number `json:"message_token"`
	Context   string
	UserID    string `json:"user_id"`
	User      struct{ ID, Language string }
	Sender    struct{ ID, Language string }
	Message   struct{ Text string }
}

func (v *viber) receive(r call) ([]Message, error) {
	const op = "chat.viber.receive"
	if !same(strings.ToLower(r.header.Get("X-Viber-Content-Signature")), hex.EncodeToString(sum256(v.AuthToken, r.body))) {
		return nil, forbidden(op, "the signature does not fit: check auth_token")
	}
	var e viberReport
	if err := decode(op, r.body, &e); err != nil {
		return nil, err
	}
	m := Message{ID: e.Token.String(), At: e.Timestamp.Time}
	switch e.Event {
	case "conversation_started":
		m.Did, m.Person, m.Lang, m.Payload = Entered, e.User.ID, e.User.Language, e.Context
	case "message":
		m.Did, m.Person, m.Lang, m.Text = Said, e.Sender.ID, e.Sender.Language, e.Message.Text
	case "unsubscribed":
		m.Gone, m.Person = true, e.UserID
	default:
		return nil, nil
	}
	if m.ID == "" {
		m.ID = fmt.Sprintf("%s %s %d", e.Event, m.Person, m.At.UnixMilli())
	}
	return []Message{m}, nil
}
