package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// approvalLife is how long a manager's yes may wait for what it is for: the
// manager is called once, and not again when the customer looks for a note.
const approvalLife = 15 * time.Minute

const maxApprovedFor = 64 // bytes

// approval is a manager's yes as it is sent: with the manager's PIN, or with the
// token that was given for it, unless it is the manager who is signed in.
type approval struct {
	PIN    string `json:"pin"`
	Token  string `json:"token"`
	Reason string `json:"reason"`
}

// postApproval turns a manager's PIN into a token, so that the PIN need not lie
// in a page until the sale is paid.
func (s *Server) postApproval(c *gin.Context) {
	var in struct {
		PIN string `json:"pin"`
		For string `json:"for"`
	}
	err := Bind(c, &in)
	if err == nil && (in.For == "" || len(in.For) > maxApprovedFor) {
		err = edge.Errorf("api.postApproval", edge.Invalid, "say what the approval is for: the id of a cart or a sale, of at most %d bytes", maxApprovedFor)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	name, err := s.managerWith(c, in.PIN)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.audit(c, edge.AuditRecord{Kind: edge.AuditApproved, Manager: name, About: s.guesser(c).name})
	until := s.cfg.Now().Add(approvalLife).Truncate(time.Second)
	c.JSON(http.StatusCreated, gin.H{"token": s.tills.approve(name, signedIn(c).Name, in.For, until), "staff": name, "until": until.UTC()})
}

// managerWith is the manager who has the PIN.
func (s *Server) managerWith(c *gin.Context, pin string) (name string, err error) {
	const op = "api.managerWith"
	who, err := s.whoHas(c, pin)
	switch {
	case edge.KindOf(err) == edge.Unauthorized: // the clerk stays signed in
		return "", edge.Errorf(op, edge.Forbidden, "this PIN is not known: let a manager enter it")
	case err != nil:
		return "", err
	case who.Role != manager:
		return "", edge.Errorf(op, edge.Forbidden, "only a manager can approve this: let one enter the PIN")
	}
	return who.Name, nil
}

// approved finds the manager behind an approval of something about what has the
// id subject.
func (s *Server) approved(c *gin.Context, a *approval, subject string) (*edge.Approval, error) {
	const op = "api.approved"
	if a == nil {
		return nil, nil
	}
	ses := signedIn(c)
	name := ses.Name
	var err error
	switch {
	case a.Token != "":
		var ok bool
		if name, ok = s.tills.approvedBy(a.Token, ses.Name, subject); !ok {
			return nil, edge.Errorf(op, edge.Forbidden, "this approval is over, or it is for something else: let a manager enter the PIN again")
		}
	case a.PIN != "":
		if name, err = s.managerWith(c, a.PIN); err != nil {
			return nil, err
		}
	case ses.Role != manager:
		return nil, edge.Errorf(op, edge.Forbidden, "only a manager can approve this: let one enter the PIN")
	}
	return &edge.Approval{Staff: name, Reason: edge.Visible(a.Reason)}, nil
}

// approve is the token of a manager's yes to what a clerk does before until
// about subject. It outlives a restart: the check-out that it is for may have to
// be sent again.
func (t tills) approve(manager, clerk, subject string, until time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	b = append(b, manager...)
	return base64.RawURLEncoding.EncodeToString(append(b, t.approvalMAC(b, clerk, subject)...))
}

// approvedBy is the manager whose yes a token is.
func (t tills) approvedBy(token, clerk, subject string) (manager string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	n := len(b) - sha256.Size
	if err != nil || n <= 8 || !hmac.Equal(b[n:], t.approvalMAC(b[:n], clerk, subject)) {
		return "", false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(b[:8])), 0)
	return string(b[8:n]), t.now().Before(until)
}

func (t tills) approvalMAC(b []byte, clerk, subject string) []byte {
	m := hmac.New(sha256.New, t.key)
	m.Write([]byte("mirrorcart approval 1\x00" + clerk + "\x00" + subject + "\x00"))
	m.Write(b)
	return m.Sum(nil)
}
