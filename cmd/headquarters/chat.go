package headquarters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/chat"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// newChat makes the chat with the apps that have their secrets.
func (s *Server) newChat(shop *shopdir.Shop, carts chat.Carts, log *slog.Logger) (*chat.Service, error) {
	o := chat.Options{
		HQ: s.DB, Carts: carts, Orders: chatOrders{s.DB}, Brand: shop.Name.VI, Base: s.cfg.PublicURL,
		Zone: shop.Location, Now: time.Now, NewID: uuid.NewString, Log: log, Replay: s.cfg.Chat.Replay,
	}
	for i, of := range s.cfg.Chat.Shops {
		hours, err := chat.ParseHours(of.Hours)
		if err != nil {
			return nil, fmt.Errorf("chat.shops[%d].hours: %w", i, err)
		}
		o.Shops = append(o.Shops, chat.Shop{ID: of.Shop, Name: of.Name, Address: of.Address, Hours: hours})
	}
	secrets := chatSecrets{cfg: &s.cfg.Chat}
	secrets.apps(&o)
	if err := errors.Join(secrets.errs...); err != nil {
		return nil, err
	}
	return chat.New(o)
}

// chatSecrets reads the apps' secrets.
type chatSecrets struct {
	cfg  *firmwarecfg.Chat
	errs []error
}

// of reads an app's secrets into targets, and reports whether the app is to be
// served: it is where one of them is set. All but those of optional must be then.
func (r *chatSecrets) of(app string, targets map[string]*string, optional ...string) bool {
	missing, have := "", false
	for name, to := range targets {
		var err error
		if *to, err = r.cfg.Secret(app, name); err != nil {
			r.errs = append(r.errs, err)
		}
		have = have || *to != ""
		if *to == "" && (len(optional) == 0 || optional[0] != name) {
			missing = name
		}
	}
	if have && missing != "" {
		r.errs = append(r.errs, fmt.Errorf("chat: %s has some of its secrets, and not %s-%s: see secrets_dir in hq.yaml", app, app, missing))
	}
	return have
}

// apps fills in the settings of the apps that have secrets.
func (r *chatSecrets) apps(o *chat.Options) {
	cfg := r.cfg
	wechat := chat.WeChatSettings{
		Kind: cfg.WeChat.Kind, AppID: cfg.WeChat.AppID, TextBytes: cfg.WeChat.TextBytes, CardBytes: cfg.WeChat.CardBytes,
		KeyErrors: cfg.WeChat.KeyErrors, BusyErrors: cfg.WeChat.BusyErrors, API: cfg.WeChat.API, PerSecond: float64(cfg.WeChat.PerSecond),
	}
	if r.of(chat.WeChat, map[string]*string{"app-secret": &wechat.AppSecret, "token": &wechat.Token, "aes-key": &wechat.AESKey}, "aes-key") {
		o.WeChat = &wechat
	}
	zalo := chat.ZaloSettings{
		AppID: cfg.Zalo.AppID, FreeFor: cfg.Zalo.FreeFor, FreeCount: cfg.Zalo.FreeCount, PaidFor: cfg.Zalo.PaidFor,
		KeyErrors: cfg.Zalo.KeyErrors, BusyErrors: cfg.Zalo.BusyErrors, TextLength: cfg.Zalo.TextLength, API: cfg.Zalo.API, OAuth: cfg.Zalo.OAuth, PerSecond: float64(cfg.Zalo.PerSecond),
	}
	if r.of(chat.Zalo, map[string]*string{"oa-secret": &zalo.OASecret, "app-secret": &zalo.AppSecret, "refresh-token": &zalo.RefreshToken}) {
		o.Zalo = &zalo
	}
	messenger := chat.MessengerSettings{
		Page: cfg.Messenger.Page, TextLength: cfg.Messenger.TextLength, CardLength: cfg.Messenger.CardLength, TitleLength: cfg.Messenger.TitleLength,
		API: cfg.Messenger.API, PerSecond: float64(cfg.Messenger.PerSecond),
	}
	if r.of(chat.Messenger, map[string]*string{"app-secret": &messenger.AppSecret, "verify-token": &messenger.VerifyToken, "page-token": &messenger.PageToken}) {
		o.Messenger = &messenger
	}
	telegram := chat.TelegramSettings{Window: cfg.Telegram.Window, TextLength: cfg.Telegram.TextLength, API: cfg.Telegram.API, PerSecond: float64(cfg.Telegram.PerSecond)}
	if r.of(chat.Telegram, map[string]*string{"bot-token": &telegram.BotToken, "webhook-secret": &telegram.WebhookSecret}) {
		o.Telegram = &telegram
	}
	var whatsApp chat.WhatsAppSettings
	if r.of(chat.WhatsApp, map[string]*string{"app-secret": &whatsApp.AppSecret, "verify-token": &whatsApp.VerifyToken}) {
		o.WhatsApp = &whatsApp
	}
	var line chat.LINESettings
	if r.of(chat.LINE, map[string]*string{"channel-secret": &line.ChannelSecret}) {
		o.LINE = &line
	}
	var viber chat.ViberSettings
	if r.of(chat.Viber, map[string]*string{"auth-token": &viber.AuthToken}) {
		o.Viber = &viber
	}
}

// chatOrders tells the chat of orders.
type chatOrders struct{ db *hq.HQ }

// OrdersOfCart implements chat.Orders.
func (c chatOrders) OrdersOfCart(ctx context.Context, cart edge.CartID) ([]talk.Order, error) {
	found, err := c.db.FindOrders(ctx, hq.OrderFilter{Cart: cart.String()}, 0, 20)
	if err != nil {
		return nil, err
	}
	list := make([]talk.Order, len(found))
	for i := range found {
		o := &found[i].Order
		list[i] = talk.Order{Number: o.Number(), State: string(o.State()), Says: o.State().Says(), At: o.Since()}
		if o.Travels() {
			list[i].Parcel = o.Parcel
		}
	}
	return list, nil
}
