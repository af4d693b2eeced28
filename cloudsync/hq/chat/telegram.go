package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// TelegramSettings are those of a bot.
type TelegramSettings struct {
	BotToken      string
	WebhookSecret string        // secret_token of setWebhook: 1 to 256 of A–Z, a–z, 0–9, _ and -
	Window        time.Duration // how long after the person's last message we may write; 0 for ever
	TextLength    int           // characters of a message
	API           string        // https://api.telegram.org
	PerSecond     float64
}

type telegram struct {
	*caller
	TelegramSettings
}

func newTelegram(s TelegramSettings, o Options) (*telegram, error) {
	if s.BotToken == "" || s.WebhookSecret == "" {
		return nil, edge.Errorf("chat.newTelegram", edge.Invalid, "bot token and webhook secret are both needed")
	}
	if err := checkLength(s.TextLength); err != nil {
		return nil, err
	}
	return &telegram{newCaller(Telegram, s.PerSecond, o), s}, nil
}

func (*telegram) name() string { return Telegram }

// rules: once the person has written, without end as far as is known; the settings
// may say otherwise.
func (t *telegram) rules() Rules { return Rules{Free: map[Deed]Allowance{Said: {For: t.Window}}} }

// challenge: Telegram asks for none.
func (*telegram) challenge(call) (string, error) {
	return "", edge.Errorf("chat.telegram", edge.NotFound, "Telegram asks nothing here")
}

type telegramUpdate struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		Date seconds
		From *struct {
			IsBot bool   `json:"is_bot"`
			Lang  string `json:"language_code"`
		}
		Chat telegramChat
		Text string
	}
	Member *struct {
		Date seconds
		Chat telegramChat
		New  struct{ Status string } `json:"new_chat_member"`
	} `json:"my_chat_member"`
}

type telegramChat struct {
	ID   int64
	Type string
}

func (t *telegram) receive(r call) ([]Message, error) {
	const op = "chat.telegram.receive"
	if !same(r.header.Get("X-Telegram-Bot-Api-Secret-Token"), t.WebhookSecret) {
		return nil, forbidden(op, "the secret is not the one in the settings: set the webhook again")
	}
	var u telegramUpdate
	if err := decode(op, r.body, &u); err != nil {
		return nil, err
	}
	m := Message{ID: strconv.FormatInt(u.ID, 10), Did: Said}
	switch {
	case u.Message != nil && u.Message.From != nil && !u.Message.From.IsBot && u.Message.Chat.Type == "private":
		m.Person, m.At = strconv.FormatInt(u.Message.Chat.ID, 10), u.Message.Date.Time
		m.Lang, m.Text = u.Message.From.Lang, u.Message.Text
		if payload, ok := strings.CutPrefix(m.Text, "/start"); ok && (payload == "" || payload[0] == ' ') {
			m.Text, m.Payload, m.Began = "", strings.TrimSpace(payload), true
		}
	case u.Member != nil && u.Member.Chat.Type == "private" && u.Member.New.Status == "kicked":
		m.Person, m.At, m.Gone = strconv.FormatInt(u.Member.Chat.ID, 10), u.Member.Date.Time, true
	default:
		return nil, nil // groups, edits and what else there is
	}
	return []Message{m}, nil
}

func (t *telegram) send(ctx context.Context, person string, text talk.Saying, _ Channel) *SendError {
	body := map[string]any{"chat_id": person, "text": clip(text.Text, t.TextLength)}
	if text.URL != "" {
		body["reply_markup"] = map[string]any{"inline_keyboard": [][]any{{map[string]string{"text": text.Title, "url": text.URL}}}}
	}
	answer, err := t.post(ctx, t.API+"/bot"+t.BotToken+"/sendMessage", nil, body)
	if err == nil {
		return nil
	}
	var said struct {
		Code       int `json:"error_code"`
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		}
	}
	if json.Unmarshal(answer, &said) == nil && said.Code != 0 {
		err.Err = fmt.Errorf("%w (code %d)", err.Err, said.Code)
		err.After = max(err.After, time.Duration(said.Parameters.RetryAfter)*time.Second)
	}
	return err
}
