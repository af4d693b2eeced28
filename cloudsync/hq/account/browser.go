package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

// A browser in which somebody has signed in keeps a text by which it is known. Its
// wrong passwords for that name are counted apart from those of all others, so who
// knows a name alone can lock strangers out, not its owner (OWASP, "Slow Down Online
// Guessing Attacks with Device Cookies"). The text opens nothing.

// BrowserLife is how long a browser is known after a sign-in.
const BrowserLife = 180 * 24 * time.Hour

const maxBrowsers = 20 // that one person is known in

// tryKnown counts a try in a browser that is known for the name; known is false
// where it is not. After five wrong ones in a row it is a stranger's again.
func (b *Book) tryKnown(ctx context.Context, tx *sql.Tx, name, browser string) (known bool, err error) {
	sum := sha256.Sum256([]byte(browser))
	const q = "update account_browser set wrong = wrong + 1 where hash = $1 and account = $2 and seen > $3 returning wrong"
	var wrong int
	err = tx.QueryRowContext(ctx, q, sum[:], name, b.now().Add(-BrowserLife).UnixMilli()).Scan(&wrong)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil || wrong < maxWrong {
		return err == nil, err
	}
	if _, err := tx.ExecContext(ctx, "delete from account_browser where hash = $1 and account = $2", sum[:], name); err != nil {
		return false, err
	}
	return true, b.Done(ctx, tx, Act{By: name, What: "sign-in.browser", Subject: name})
}

// know knows a browser from now on, and returns the text that it keeps: the one
// that it has, where that is ours, for more than one person may use it.
func (b *Book) know(ctx context.Context, tx *sql.Tx, name, browser string) (text string, err error) {
	now, sum := b.now(), sha256.Sum256([]byte(browser))
	if _, err := tx.ExecContext(ctx, "delete from account_browser where seen <= $1", now.Add(-BrowserLife).UnixMilli()); err != nil {
		return "", err
	}
	ours := false
	if err := tx.QueryRowContext(ctx, "select exists (select 1 from account_browser where hash = $1)", sum[:]).Scan(&ours); err != nil {
		return "", err
	}
	if !ours {
		browser = rand.Text()
		sum = sha256.Sum256([]byte(browser))
	}
	const q = `insert into account_browser (hash, account, seen) values ($1, $2, $3)
		on conflict (hash, account) do update set wrong = 0, seen = excluded.seen`
	if _, err := tx.ExecContext(ctx, q, sum[:], name, now.UnixMilli()); err != nil {
		return "", err
	}
	const surplus = `delete from account_browser where account = $1 and hash <> $2 and hash not in
		(select hash from account_browser where account = $1 and hash <> $2 order by seen desc limit $3)`
	_, err = tx.ExecContext(ctx, surplus, name, sum[:], maxBrowsers-1)
	return browser, err
}

func forgetBrowsers(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, "delete from account_browser where account = $1", name)
	return err
}
