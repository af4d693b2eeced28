package account

import (
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t) }

const admin = "quản trị" // signs what the tests do

// office is a book of the test's own.
type office struct {
	*Book
	t     *testing.T
	clock *edgetest.Clock
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := database.Open(t.Context(), databasetest.Place(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	clock := edgetest.NewClock()
	return &office{New(db, clock.Now), t, clock}
}

func (o *office) add(name string, role Role) (password string) {
	o.t.Helper()
	password, err := o.Add(o.t.Context(), admin, name, role)
	require.NoError(o.t, err)
	return password
}

// signsIn wants it to work.
func (o *office) signsIn(name, password string) (secret string) {
	o.t.Helper()
	return o.signsInWith(name, password, "").Secret
}

func (o *office) signsInWith(name, password, browser string) SignedIn {
	o.t.Helper()
	in, err := o.SignIn(o.t.Context(), name, password, browser)
	require.NoError(o.t, err)
	return in
}

func (o *office) refuses(name, password string) {
	o.t.Helper()
	o.refusesWith(name, password, "")
}

func (o *office) refusesWith(name, password, browser string) {
	o.t.Helper()
	_, err := o.SignIn(o.t.Context(), name, password, browser)
	require.Equal(o.t, edge.Unauthorized, edge.KindOf(err), "%v", err)
	require.ErrorContains(o.t, err, errWrong().Error(), "everybody is told the same")
}

func (o *office) signedIn(secret string) bool {
	o.t.Helper()
	_, err := o.Session(o.t.Context(), secret)
	if err != nil {
		require.Equal(o.t, edge.NotFound, edge.KindOf(err), "%v", err)
	}
	return err == nil
}

// stored is everything that a table holds, as text.
func (o *office) stored(table, columns string) string {
	o.t.Helper()
	var all strings.Builder
	err := database.Select(o.t.Context(), o.db.Read, "select "+columns+" from "+table).Each(func(rows *sql.Rows) error {
		var v string
		err := rows.Scan(&v)
		all.WriteString(v + "\n")
		return err
	})
	require.NoError(o.t, err)
	return all.String()
}

func TestSigningIn(t *testing.T) {
	o := newOffice(t)
	has, err := o.HasPeople(t.Context())
	require.NoError(t, err)
	require.False(t, has)
	password := o.add("lan", Operator)
	has, err = o.HasPeople(t.Context())
	require.NoError(t, err)
	require.True(t, has)
	o.refuses("lan", password+"x")
	o.refuses("lan", "")
	o.refuses("hoa", password)
	o.refuses("Lan", password)
	secret := o.signsIn("lan", password)
	p, err := o.Session(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, Person{Name: "lan", Role: Operator, Active: true, Temporary: true, Created: o.clock.Now(), Seen: o.clock.Now()}, *p)
	require.False(t, o.signedIn(secret+"x"))
	require.False(t, o.signedIn(""))
	require.NotContains(t, o.stored("account", "password"), password)
	require.NotContains(t, o.stored("account_session", "account"), secret)

	other := o.signsIn("lan", password)
	require.NoError(t, o.SignOut(t.Context(), other))
	require.False(t, o.signedIn(other))
	require.True(t, o.signedIn(secret), "the one on another machine stays")
	o.clock.Advance(SessionLife)
	require.False(t, o.signedIn(secret), "sessions end")
}

func TestWrongPasswordsLock(t *testing.T) {
	o := newOffice(t)
	password := o.add("lan", Operator)
	other := o.add("hoa", Operator)
	for range maxWrong - 1 {
		o.refuses("lan", "wrong")
	}
	o.signsIn("lan", password) // begins the count anew
	open := o.signsIn("lan", password)
	for range maxWrong {
		o.refuses("lan", "wrong")
	}
	o.refuses("lan", password)
	require.True(t, o.signedIn(open), "who is signed in stays so")
	o.signsIn("hoa", other)
	require.Contains(t, o.stored("act", "what"), "sign-in.locked")
	o.clock.Advance(lockedFor - time.Second)
	o.refuses("lan", password)
	o.clock.Advance(time.Second)
	o.signsIn("lan", password)

	for range maxWrong {
		o.refuses("lan", "wrong")
	}
	fresh, err := o.Reset(t.Context(), admin, "lan")
	require.NoError(t, err)
	o.refuses("lan", password)
	o.signsIn("lan", fresh)
	require.False(t, o.signedIn(open), "a new password signs out")
}

func TestManyTriesAtOnceAreNoMore(t *testing.T) {
	o := newOffice(t)
	password := o.add("lan", Operator)
	var looked atomic.Int64
	var group sync.WaitGroup
	for range 4 * maxWrong {
		group.Go(func() {
			tried, err := o.try(t.Context(), "lan", "")
			if err == nil && tried.hash != "" {
				looked.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, maxWrong, looked.Load())
	o.refuses("lan", password)
}

func TestChangingThePassword(t *testing.T) {
	o := newOffice(t)
	first := o.add("lan", Operator)
	secret := o.signsIn("lan", first)
	const chosen = "chợ sớm mưa rào" // as a Vietnamese keyboard writes it
	for _, bad := range []string{"", "mườimộtchữ!", "lan với mười hai chữ", strings.Repeat("ă", MaxPassword), "không hợp lệ \xff", first} {
		require.Equal(t, edge.Invalid, edge.KindOf(o.ChangePassword(t.Context(), "lan", first, bad, "")), bad)
	}
	require.Equal(t, edge.Unauthorized, edge.KindOf(o.ChangePassword(t.Context(), "lan", "wrong", chosen, "")))
	require.Equal(t, edge.Unauthorized, edge.KindOf(o.ChangePassword(t.Context(), "hoa", first, chosen, "")))
	require.NoError(t, o.ChangePassword(t.Context(), "lan", first, chosen, ""))
	require.False(t, o.signedIn(secret))
	o.refuses("lan", first)
	apart := "chơ\u0323 sơ\u0301m mưa ra\u0300o" // the same letters, their marks typed one by one
	require.NotEqual(t, chosen, apart)
	p, err := o.Session(t.Context(), o.signsIn("lan", apart))
	require.NoError(t, err)
	require.False(t, p.Temporary)
	for range maxWrong {
		require.Error(t, o.ChangePassword(t.Context(), "lan", "wrong", "another long one", ""))
	}
	o.refuses("lan", chosen)
}

func TestManagingPeople(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	for _, name := range []string{"", "Lan", "lan hoa", "-lan", "lan\x00", strings.Repeat("l", 65), "lần"} {
		_, err := o.Add(ctx, admin, name, Viewer)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
	_, err := o.Add(ctx, admin, "lan", "queen")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	password := o.add("lan", Admin)
	_, err = o.Add(ctx, admin, "lan", Viewer)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.Equal(t, edge.Conflict, edge.KindOf(o.SetRole(ctx, "lan", "lan", Viewer)), "nobody would be left")
	require.Equal(t, edge.Conflict, edge.KindOf(o.SetActive(ctx, "lan", "lan", false)))
	o.add("hoa", Admin)
	secret := o.signsIn("lan", password)
	require.NoError(t, o.SetRole(ctx, "hoa", "lan", Viewer))
	p, err := o.Session(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, Viewer, p.Role, "a new role counts from the next click on")
	require.NoError(t, o.SetActive(ctx, "hoa", "lan", false))
	require.False(t, o.signedIn(secret))
	o.refuses("lan", password)
	require.NoError(t, o.SetActive(ctx, "hoa", "lan", true))
	require.False(t, o.signedIn(secret))
	o.signsIn("lan", password)
	for _, err := range []error{o.SetRole(ctx, "hoa", "nobody", Viewer), o.SetActive(ctx, "hoa", "nobody", true)} {
		require.Equal(t, edge.NotFound, edge.KindOf(err))
	}
	_, err = o.Reset(ctx, "hoa", "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.Equal(t, edge.Invalid, edge.KindOf(o.SetRole(ctx, "hoa", "lan", "queen")))

	acts, err := o.Acts(ctx, 0, 100)
	require.NoError(t, err)
	var did []string
	for _, a := range acts {
		require.Equal(t, ActDone, a.State)
		did = append(did, a.By+" "+a.What+" "+a.Subject+" "+a.Detail)
	}
	require.Equal(t, []string{
		"lan sign-in  ", "hoa person.resume lan ", "hoa person.stop lan ", "hoa person.role lan viewer", "lan sign-in  ",
		admin + " person.add hoa admin", admin + " person.add lan admin",
	}, did, "what was refused changed nothing")
}

func TestActs(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	n, err := o.Begin(ctx, Act{By: "lan", What: "POST /x", Subject: "a\x00b\xff" + strings.Repeat("ă", 1000)})
	require.NoError(t, err)
	acts, err := o.Acts(ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, ActBegun, acts[0].State, "it is there before it is done")
	require.True(t, database.Storable(acts[0].Subject))
	require.NoError(t, o.End(ctx, n, ActRefused))
	_, err = o.Begin(ctx, Act{By: "lan", What: "POST /y"})
	require.NoError(t, err)
	acts, err = o.Acts(ctx, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "POST /y", acts[0].What)
	acts, err = o.Acts(ctx, acts[0].N, 10)
	require.NoError(t, err)
	require.Len(t, acts, 1)
	require.Equal(t, ActRefused, acts[0].State)
}

func TestRoles(t *testing.T) {
	for role, want := range map[Role]string{
		Nobody: "", "queen": "", Viewer: "look", Merchandiser: "look catalogue", Operator: "look operate",
		Manager: "look catalogue operate staff", Admin: "look catalogue operate staff accounts",
	} {
		var may []string
		for _, right := range []Right{Look, Catalogue, Operate, Staff, Accounts} {
			if role.May(right) {
				may = append(may, string(right))
			}
		}
		require.Equal(t, want, strings.Join(may, " "), role)
		require.True(t, role.May(Anyone))
	}
	old, err := ParseRole("reader")
	require.NoError(t, err)
	require.Equal(t, Viewer, old)
	for _, bad := range []string{"", "queen", "Admin"} {
		_, err := ParseRole(bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), bad)
	}
}

func TestHashPIN(t *testing.T) {
	for _, bad := range []string{"", "123", "1234567890123", "12 4", "１２３４"} {
		_, err := HashPIN(bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), bad)
	}
	hash, err := HashPIN("135792")
	require.NoError(t, err)
	d := edge.Directory{Members: []edge.Member{{Name: "Lan", Role: edge.RoleClerk, PIN: hash, Active: true}}}
	require.NoError(t, d.Check(), "the shops take it")
}
