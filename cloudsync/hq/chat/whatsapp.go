package chat

import (
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// WhatsAppSettings are those of a number. Its messages are taken in, and not yet
// answered.
type WhatsAppSettings struct {
	AppSecret   string // signs what is reported
	VerifyToken string // proves our address when the webhook is set up
}

type whatsApp struct{ meta }

func newWhatsApp(s WhatsAppSettings) (*whatsApp, error) {
	if s.AppSecret == "" || s.VerifyToken == "" {
		return nil, edge.Errorf("chat.newWhatsApp", edge.Invalid, "app secret and verify token are both needed")
	}
	return &whatsApp{meta{s.AppSecret, s.VerifyToken}}, nil
}

func (*whatsApp) name() string { return WhatsApp }

func (*whatsApp) rules() Rules {
	return Rules{Free: map[Deed]Allowance{Said: {For: 24 * time.Hour}}}
}

type whatsAppReport struct {
	Object string
	Entry  []struct {
		Changes []struct {
			Value struct {
				Messages []struct {
					ID, From  string
					Timestamp seconds
					Text      struct{ Body string }
				}
			}
		}
	}
}

func (w *whatsApp) receive(r call) ([]Message, error) {
	const op = "chat.whatsApp.receive"
	if err := w.signed(r); err != nil {
		return nil, err
	}
	var report whatsAppReport
	if err := decode(op, r.body, &report); err != nil {
		return nil, err
	}
	if report.Object != "whatsapp_business_account" {
		return nil, unreadable(op, fmt.Errorf("an object of kind %.40q", report.Object))
	}
	var list []Message
	for _, entry := range report.Entry {
		for _, change := range entry.Changes {
			for _, m := range change.Value.Messages {
				list = append(list, Message{ID: m.ID, Person: m.From, At: m.Timestamp.Time, Did: Said, Text: m.Text.Body})
			}
		}
	}
	return list, nil
}
