// Package chat is the chain in the shopper's chat app: it takes in what the apps
// report, each with its own signature, ties the person to the cart that their
// link names, answers with the cart, prices, stock, orders and opening hours, and
// calls staff when it does not understand. It never writes outside the times and
// counts that an app allows.
//
// There is a file for each app. What is said waits in headquarters' database
// until its app has taken it, so that a restart loses nothing; an app may be told
// something twice, when it is not known whether it took it, and never something
// that was not meant for it.
package chat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// The chat apps, by the names that their addresses and settings have.
const (
	WeChat    = "wechat"
	Zalo      = "zalo"
	Messenger = "messenger"
	Telegram  = "telegram"
	WhatsApp  = "whatsapp"
	LINE      = "line"
	Viber     = "viber"
)

// Headquarters is what the chat needs of HQ.
type Headquarters interface {
	Talks() *talk.Talks
	WatchTalks() (changed <-chan struct{}, cancel func())
	Watch() (changed <-chan struct{}, cancel func())
	Cart(ctx context.Context, id edge.CartID) (*edge.Cart, string, error)
	SaleOfCart(ctx context.Context, cart edge.CartID) (*edge.Sale, error)
	Release(ctx context.Context) (*edge.Release, error)
	Issues(ctx context.Context, limit int) ([]hq.Issue, error)
	Levels(ctx context.Context, skus []edge.SKU) ([]hq.Level, error)
	ShopOf(ctx context.Context, node string) (string, error)
}

// Carts opens carts as the phone's page does. node is the gateway that a cart
// comes from, links what its link has for edge.Cart.Admits. An error says in its
// kind why a cart does not open.
type Carts interface {
	Open(ctx context.Context, token string) (cart *edge.Cart, node string, links uint32, err error)
	// OpenCode opens the cart of a code that was typed, and makes a token that
	// opens it on the phone.
	OpenCode(ctx context.Context, code string) (cart *edge.Cart, node, token string, err error)
}

// Orders tells how a cart's orders stand, in the order in which they were placed.
type Orders interface {
	OrdersOfCart(ctx context.Context, cart edge.CartID) ([]talk.Order, error)
}

// Message is what a person did in an app.
type Message struct {
	ID      string // the app's own name for it
	Person  string // the app's own name for who did it
	At      time.Time
	Did     Deed
	Text    string // what was written, if anything
	Payload string // what the link carried that brought the person here, if one did
	Lang    string // of the person, as the app says it (BCP 47); often empty
	Began   bool   // the person pressed the button by which a conversation begins
	Gone    bool   // the person has left, and is to be forgotten
}

// An app is how one chat app reaches us.
type app interface {
	name() string
	// challenge answers the request by which an app makes sure whose address it
	// has been given.
	challenge(r call) (string, error)
	// receive reads what an app reports, once it is sure that the app does. An
	// error of kind Forbidden says that it is not, one of kind Invalid that it
	// cannot be read.
	receive(r call) ([]Message, error)
	// rules are when the app lets us write.
	rules() Rules
}

// A sender is an app that we can write to.
type sender interface {
	app
	// send gives the app a text for a person.
	send(ctx context.Context, person string, t talk.Saying, by Channel) *SendError
	// resting reports whether the app is to be left in peace for now; rest says
	// for how long.
	resting() bool
	rest(d time.Duration)
	// wait waits until the app may be called, as often as the settings say.
	wait(ctx context.Context) error
}

// call is a request of an app.
type call struct {
	header http.Header
	query  map[string][]string
	body   []byte
	now    time.Time
}

// Shop is what people ask about a shop.
type Shop struct {
	ID      string
	Name    string
	Address string
	Hours   Hours
}

// Options are what the chat is made with. HQ, Keys, Carts, Brand, Zone,
// Now, NewID and Log are needed, and Base where an app is served; an app without
// settings is not.
type Options struct {
	HQ     Headquarters
	Carts  Carts
	Orders Orders // nil where there are none
	Brand  string
	Base   string // the address where phones open their carts
	Shops  []Shop
	Zone   *time.Location // of the shops
	Now    func() time.Time
	NewID  func() string
	Log    *slog.Logger

	WeChat    *WeChatSettings
	Zalo      *ZaloSettings
	Messenger *MessengerSettings
	Telegram  *TelegramSettings
	WhatsApp  *WhatsAppSettings
	LINE      *LINESettings
	Viber     *ViberSettings

	Replay time.Duration // the age up to which a signed report is taken from apps whose signatures have a time; 10 min
}

// Service answers people in chat apps.
type Service struct {
	Options
	apps      map[string]app
	catalogue catalogue
	limit     limiter
}

// New makes the service; Run sends what it has to say.
func New(o Options) (*Service, error) {
	const op = "chat.New"
	if o.HQ == nil || o.Carts == nil || o.Brand == "" || o.Zone == nil || o.Now == nil || o.NewID == nil || o.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "HQ, keys, carts, brand, zone, clock, ids and log are all needed")
	}
	if o.Replay <= 0 {
		o.Replay = 10 * time.Minute
	}
	o.Base = strings.TrimRight(o.Base, "/")
	s := &Service{Options: o, apps: map[string]app{}, catalogue: catalogue{hq: o.HQ, now: o.Now}}
	apps, err := s.configured()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(apps) > 0 && o.Base == "" {
		return nil, edge.Errorf(op, edge.Invalid, "the address where phones open their carts is needed: set public_url")
	}
	for _, a := range apps {
		s.apps[a.name()] = a
	}
	return s, nil
}

// Serves reports whether any app has settings.
func (s *Service) Serves() bool { return len(s.apps) > 0 }

// configured makes the apps that have settings.
func (s *Service) configured() (list []app, err error) {
	add := func(a app, e error) {
		if list = append(list, a); err == nil {
			err = e
		}
	}
	if s.WeChat != nil {
		add(newWeChat(*s.WeChat, s.Options))
	}
	if s.Zalo != nil {
		add(newZalo(*s.Zalo, s.Options))
	}
	if s.Messenger != nil {
		add(newMessenger(*s.Messenger, s.Options))
	}
	if s.Telegram != nil {
		add(newTelegram(*s.Telegram, s.Options))
	}
	if s.WhatsApp != nil {
		add(newWhatsApp(*s.WhatsApp))
	}
	if s.LINE != nil {
		add(newLINE(*s.LINE))
	}
	if s.Viber != nil {
		add(newViber(*s.Viber))
	}
	return list, err
}

// Run sends what is to be said, and tells people how their carts and orders
// stand, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if !s.Serves() {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { s.tellNews(ctx); return nil })
	for _, a := range s.apps {
		if a, ok := a.(sender); ok {
			group.Go(func() error { s.sendAll(ctx, a); return nil })
		}
	}
	return group.Wait()
}
