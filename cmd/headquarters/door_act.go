package headquarters

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// Refusals that only headquarters has, as acts name them.
const (
	refusedPassword    api.Refusal = "password" // at the sign-in
	refusedKey         api.Refusal = "key"      // of a system, a bank's feed or a chat app
	refusedCertificate api.Refusal = "certificate"
)

const (
	actsWaiting  = 64              // to be written down; there are a few kinds, each at intervals
	actsPatience = 5 * time.Second // for one to be written
)

// checkSecret notes who shows a wrong password or key.
func (d *door) checkSecret(c *gin.Context) {
	c.Next()
	route, status := c.FullPath(), c.Writer.Status()
	switch {
	case status != http.StatusUnauthorized && (status != http.StatusForbidden || !strings.HasPrefix(route, "/chat/")):
	case route == "/sign-in":
		d.note(route, refusedPassword)
	case c.GetHeader("Authorization") != "" || strings.HasPrefix(route, "/bank/") || strings.HasPrefix(route, "/chat/"):
		d.note(route, refusedKey)
	}
}

// note tells of what was refused at a route.
func (d *door) note(route string, what api.Refusal) { d.tell(what, what, route) }

// noteGateway tells of what came in the name of a gateway, where HQ knows of which.
func (d *door) noteGateway(what hq.Refused, node string) {
	d.tell(api.Refusal(string(what)+" "+node), api.Refusal(what), node) // each gateway has its own intervals
}

// noteCertificate is of a client whose certificate TLS did not take: it has run
// out, or another authority signed it.
func (d *door) noteCertificate(why string) { d.tell(refusedCertificate, refusedCertificate, why) }

// tell leaves a line in the log and one among the acts, at growing intervals: what
// was tried, of what, and how often, and nothing of who it was. It waits for
// nobody.
func (d *door) tell(kind, what api.Refusal, subject string) {
	tell, before := d.refusals.Note(kind)
	if !tell {
		return
	}
	d.log.Warn("refused", "audit", true, "what", string(what), "subject", subject, "before", before)
	a := account.Act{What: "refused." + string(what), Subject: subject}
	if before > 0 {
		a.Detail = fmt.Sprintf("× %d", before+1) // for people of any language
	}
	select {
	case d.acts <- a:
	default:
		d.log.Error("a refusal is missing in the log of acts: its database is slow", "what", string(what))
	}
}

// keepActs writes down what is refused, until ctx is done.
func (d *door) keepActs(ctx context.Context, book *account.Book) error {
	for {
		select {
		case a := <-d.acts:
			d.keepAct(ctx, book, a)
			continue
		default:
		}
		select {
		case a := <-d.acts:
			d.keepAct(ctx, book, a)
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *door) keepAct(ctx context.Context, book *account.Book, a account.Act) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actsPatience)
	defer cancel()
	if err := book.Refused(ctx, a); err != nil {
		d.log.Error("a refusal is missing in the log of acts", "what", a.What, "err", err)
	}
}
