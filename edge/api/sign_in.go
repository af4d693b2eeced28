package api

import (
	"context"
	"crypto/subtle"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// signOff ends the session of whoever asks, and records that.
func (s *Server) signOff(c *gin.Context) {
	token, err := c.Cookie(staffCookie)
	if err != nil {
		return
	}
	if name, ok := s.staff.close(token); ok {
		s.audit(c, edge.AuditRecord{Kind: edge.AuditSignedOff, Staff: name})
	}
}

func (s *Server) postSession(c *gin.Context) {
	var in struct {
		PIN string `json:"pin"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	who, err := s.whoHas(c, in.PIN)
	if err != nil {
		s.Fail(c, err)
		return
	}
	from := s.guesser(c).name
	s.signOff(c)
	token, ses := s.staff.open(who)
	setCookie(c, token, int(sessionLife.Seconds()))
	s.knowTill(c, who.Name)
	s.cfg.Log.InfoContext(c.Request.Context(), "staff signed in", "role", who.Role)
	s.audit(c, edge.AuditRecord{Kind: edge.AuditSignedIn, Staff: who.Name, About: from})
	c.JSON(http.StatusOK, ses)
}

// whoHas is the member of staff with the PIN. Whoever guesses is locked out, and
// a till for its own guesses only.
func (s *Server) whoHas(c *gin.Context, pin string) (*Staff, error) {
	const op = "api.whoHas"
	if !validPIN(pin) {
		return nil, edge.Errorf(op, edge.Invalid, "a PIN has 4 to 12 digits")
	}
	s.recallGuesses(c.Request.Context())
	guesser := s.guesser(c)
	if wait := s.staff.locks.try(guesser); wait > 0 {
		return nil, edge.Errorf(op, edge.TooMany, "too many wrong PINs: try again in %d seconds", retryAfter(c, wait))
	}
	members, _ := s.directory(c.Request.Context())
	who, ok := s.staff.find(pin, members)
	if !ok {
		s.cfg.Log.WarnContext(c.Request.Context(), "wrong PIN")
		s.audit(c, edge.AuditRecord{Kind: edge.AuditWrongPIN, About: guesser.name})
		if wait := s.staff.locks.locked(guesser); wait > 0 {
			s.audit(c, edge.AuditRecord{Kind: edge.AuditLockedOut, About: guesser.name})
			retryAfter(c, wait)
		}
		return nil, edge.Errorf(op, edge.Unauthorized, "this PIN is not known")
	}
	s.staff.locks.right(guesser, who.Name)
	return who, nil
}

// retryAfter tells whoever asks to wait, in whole seconds.
func retryAfter(c *gin.Context, wait time.Duration) (seconds int) {
	seconds = int(math.Ceil(wait.Seconds()))
	c.Header("Retry-After", strconv.Itoa(seconds))
	return seconds
}

// recallGuesses reads once, before the first PIN is looked at, what was guessed
// before this run. A log that cannot be read keeps nobody from selling.
func (s *Server) recallGuesses(ctx context.Context) {
	const enough = 2000 // records; forgetAfter has fewer in the busiest shop
	r := s.staff
	r.recalling.Lock()
	defer r.recalling.Unlock()
	if r.recalled {
		return
	}
	records, err := s.cfg.Audit.AuditRecords(ctx, enough)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "the audit log cannot be read for wrong PINs", "err", err)
		return
	}
	slices.Reverse(records)
	r.locks.recall(records)
	r.recalled = true
}

func setCookie(c *gin.Context, token string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: staffCookie, Value: token, Path: staffPath, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.Request.TLS != nil,
	})
}

// requireStaff lets nobody past without a session, nor a change without the
// session's own token in a header, which no other site can send.
func (s *Server) requireStaff(c *gin.Context) {
	const op = "api.requireStaff"
	s.signOffGone(c.Request.Context())
	token, err := c.Cookie(staffCookie)
	ses, ok := s.staff.session(token)
	if err != nil || !ok {
		s.signOff(c) // whoever was away for too long
		s.Fail(c, edge.Errorf(op, edge.Unauthorized, "sign in with your PIN first"))
		return
	}
	if !reads(c.Request.Method) && subtle.ConstantTimeCompare([]byte(c.GetHeader("X-CSRF")), []byte(ses.CSRF)) != 1 {
		c.Set(staffCookie, ses) // whose page it was
		s.Refuse(c, RefusedToken, edge.Errorf(op, edge.Forbidden, "the X-CSRF header is missing or not this session's: load the page again"))
		return
	}
	c.Set(staffCookie, ses)
}

// signedIn is who requireStaff let past.
func signedIn(c *gin.Context) session {
	ses, _ := c.Get(staffCookie)
	return ses.(session)
}

func (s *Server) getSession(c *gin.Context) { c.JSON(http.StatusOK, signedIn(c)) }

func (s *Server) deleteSession(c *gin.Context) {
	s.signOff(c)
	setCookie(c, "", -1)
	c.Status(http.StatusNoContent)
}
