package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// MessengerSettings are those of a Facebook page.
type MessengerSettings struct {
	Page        string // its id
	AppSecret   string // signs what is reported
	VerifyToken string // proves our address when the webhook is set up
	PageToken   string // lets us write
	TextLength  int    // characters of a message
	CardLength  int    // of the text of one with a button
	TitleLength int    // of the button
	API         string // https://graph.facebook.com/v23.0
	PerSecond   float64
}

type messenger struct {
	meta
	*caller
	MessengerSettings
}

func newMessenger(s MessengerSettings, o Options) (*messenger, error) {
	if s.Page == "" || s.AppSecret == "" || s.VerifyToken == "" || s.PageToken == "" {
		return nil, edge.Errorf("chat.newMessenger", edge.Invalid, "page, app secret, verify token and page token are all needed")
	}
	if err := errors.Join(checkLength(s.TextLength), checkLength(s.CardLength)); err != nil {
		return nil, err
	}
	if s.TitleLength < 1 {
		return nil, edge.Errorf("chat.newMessenger", edge.Invalid, "a button's title of %d characters: want 1 or more", s.TitleLength)
	}
	return &messenger{meta{s.AppSecret, s.VerifyToken}, newCaller(Messenger, s.PerSecond, o), s}, nil
}

func (*messenger) name() string { return Messenger }

// messengerRules: 24 hours after the person's message or a link of ours, as
// often as we like; people of ours may answer for a week (facts: Messenger
// policy of 2026-09).
func messengerRules() Rules {
	day := Allowance{For: 24 * time.Hour}
	return Rules{Free: map[Deed]Allowance{Said: day, Referred: day}, Staff: 7 * 24 * time.Hour}
}

func (*messenger) rules() Rules { return messengerRules() }

type messengerReport struct {
	Object string
	Entry  []struct {
		Messaging []struct {
			Sender, Recipient struct{ ID string }
			Timestamp         millis
			Message           *struct {
				MID    string `json:"mid"`
				Text   string
				IsEcho bool `json:"is_echo"`
			}
			Postback *struct {
				MID      string `json:"mid"`
				Title    string
				Referral *messengerReferral
			}
			Referral *messengerReferral
		}
	}
}

// messengerReferral is what an m.me link carried. It comes by itself where there
// is a conversation, and within the postback of "Get started" where there is none.
type messengerReferral struct{ Ref string }

func (m *messenger) receive(r call) ([]Message, error) {
	const op = "chat.messenger.receive"
	if err := m.signed(r); err != nil {
		return nil, err
	}
	var report messengerReport
	if err := decode(op, r.body, &report); err != nil {
		return nil, err
	}
	if report.Object != "page" {
		return nil, unreadable(op, fmt.Errorf("an object of kind %.40q", report.Object))
	}
	var list []Message
	for _, entry := range report.Entry {
		for _, e := range entry.Messaging {
			got := Message{Person: e.Sender.ID, At: e.Timestamp.Time}
			made := fmt.Sprintf("%s %d", e.Sender.ID, e.Timestamp.UnixMilli())
			switch {
			case e.Recipient.ID != m.Page || e.Message != nil && e.Message.IsEcho:
				continue // of another page, or what we said ourselves
			case e.Message != nil:
				got.ID, got.Did, got.Text = e.Message.MID, Said, e.Message.Text
			case e.Postback != nil:
				got.ID, got.Did, got.Began = cmp.Or(e.Postback.MID, "postback "+made), Said, true
				if e.Postback.Referral != nil {
					got.Payload = e.Postback.Referral.Ref
				}
			case e.Referral != nil:
				got.ID, got.Did, got.Payload, got.Began = "referral "+made, Referred, e.Referral.Ref, true
			default:
				continue // read, delivered, typing
			}
			list = append(list, got)
		}
	}
	return list, nil
}

func (m *messenger) send(ctx context.Context, person string, t talk.Saying, by Channel) *SendError {
	body := map[string]any{
		"recipient": map[string]string{"id": person}, "messaging_type": "RESPONSE", "message": m.message(t),
	}
	if by == StaffChannel {
		body["messaging_type"], body["tag"] = "MESSAGE_TAG", "HUMAN_AGENT"
	}
	header := http.Header{"Authorization": {"Bearer " + m.PageToken}}
	answer, err := m.post(ctx, m.API+"/"+m.Page+"/messages", header, body)
	if err == nil {
		return nil
	}
	var said struct {
		Error struct {
			Code    int
			Subcode int `json:"error_subcode"`
		}
	}
	if json.Unmarshal(answer, &said) == nil && said.Error.Code != 0 {
		err.Err = fmt.Errorf("%w (code %d/%d)", err.Err, said.Error.Code, said.Error.Subcode)
	}
	return err
}

func (m *messenger) message(t talk.Saying) map[string]any {
	if t.URL == "" {
		return map[string]any{"text": clip(t.Text, m.TextLength)}
	}
	return map[string]any{"attachment": map[string]any{"type": "template", "payload": map[string]any{
		"template_type": "button", "text": clip(t.Text, m.CardLength),
		"buttons": []any{map[string]string{"type": "web_url", "url": t.URL, "title": clip(t.Title, m.TitleLength)}},
	}}}
}
