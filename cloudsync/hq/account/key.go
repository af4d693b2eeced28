package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Key is what a system uses the API with. One that a person made stands on that
// person's right: it is not in force while the person's account is closed, and
// allows no more than the person may do.
type Key struct {
	ID      string    `json:"id"` // its first letters
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	InForce Role      `json:"in_force"`        // what is left of the role; Nobody's for nothing
	Maker   string    `json:"maker,omitempty"` // the person; empty where none did
	Shops   []string  `json:"shops"`           // that it is for; none for all
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // never where zero
	Used    time.Time `json:"used,omitzero"`    // last, to the minute
	Revoked time.Time `json:"revoked,omitzero"`
}

// Limits of keys.
const (
	maxKeys     = 1000
	maxKeyShops = 100
	keyID       = 12 // letters
	keyMark     = "mchq_"
	usedEvery   = time.Minute // at most so often a use is written down
)

var keyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Signs is what the log calls the key, apart from those of people and of tokens.
func (k *Key) Signs() string { return "key " + k.Name }

// For reports whether the key is for a shop.
func (k *Key) For(shop string) bool { return len(k.Shops) == 0 || slices.Contains(k.Shops, shop) }

func (k *Key) check(now time.Time) error {
	const op = "account.MakeKey"
	_, err := ParseRole(string(k.Role))
	switch {
	case err != nil:
		return err
	case k.Role.May(Accounts):
		return edge.Errorf(op, edge.Invalid, "a key says who may use headquarters: only a person may, so choose a lesser role")
	case !keyName.MatchString(k.Name):
		return edge.Errorf(op, edge.Invalid, "%.70q is no name of a key: want 1 to 64 of a-z, A-Z, 0-9, dot, - and _", k.Name)
	case len(k.Shops) > maxKeyShops:
		return edge.Errorf(op, edge.Invalid, "a key is for at most %d shops, or for all", maxKeyShops)
	case !k.Expires.IsZero() && !k.Expires.After(now):
		return edge.Errorf(op, edge.Invalid, "a key that ends at %s has ended already", k.Expires.Format(time.RFC3339))
	}
	for _, s := range k.Shops {
		if s == "" || len(s) > 64 || !database.Storable(s) {
			return edge.Errorf(op, edge.Invalid, "%.70q is no shop", s)
		}
	}
	return nil
}

// MakeKey makes a key with the name, role, maker, shops and end of k, and returns its
// text, which nobody can find out again.
func (b *Book) MakeKey(ctx context.Context, by string, k Key) (text string, made *Key, err error) {
	const op = "account.MakeKey"
	if err := k.check(b.now()); err != nil {
		return "", nil, err
	}
	text = keyMark + rand.Text()
	sum := sha256.Sum256([]byte(text))
	k.ID, k.InForce, k.Created, k.Shops = text[:keyID], k.Role, b.now(), append([]string{}, k.Shops...)
	shops, err := json.Marshal(k.Shops)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", op, err)
	}
	err = b.db.InTx(ctx, func(tx *sql.Tx) error {
		var same, all int
		const count = "select coalesce(sum(case when name = $1 and revoked = 0 then 1 else 0 end), 0), count(*) from account_key"
		if err := tx.QueryRowContext(ctx, count, k.Name).Scan(&same, &all); err != nil {
			return err
		}
		if same > 0 {
			return edge.Errorf(op, edge.Conflict, "there is a key called %s: revoke it first, or choose another name", k.Name)
		}
		if all >= maxKeys {
			return edge.Errorf(op, edge.TooMany, "there were %d keys already, which is all that there may be", all)
		}
		const q = "insert into account_key (id, name, role, shops, hash, created, expires, maker) values ($1, $2, $3, $4, $5, $6, $7, $8)"
		if _, err := tx.ExecContext(ctx, q, k.ID, k.Name, k.Role, string(shops), sum[:], k.Created.UnixMilli(), database.Millis(k.Expires), k.Maker); err != nil {
			return err
		}
		return b.Done(ctx, tx, Act{By: by, What: "key.make", Subject: k.ID + "… " + k.Name, Detail: strings.Join(append([]string{string(k.Role)}, k.Shops...), " ")})
	})
	if err != nil {
		return "", nil, err
	}
	return text, &k, nil
}

// RevokeKey ends a key at once.
func (b *Book) RevokeKey(ctx context.Context, by, id string) error {
	return b.db.InTx(ctx, func(tx *sql.Tx) error {
		var name string
		err := tx.QueryRowContext(ctx, "update account_key set revoked = $1 where id = $2 and revoked = 0 returning name", b.now().UnixMilli(), id).Scan(&name)
		if errors.Is(err, sql.ErrNoRows) {
			return edge.Errorf("account.RevokeKey", edge.NotFound, "no key %.20q is in use", id)
		}
		if err != nil {
			return err
		}
		return b.Done(ctx, tx, Act{By: by, What: "key.revoke", Subject: id + "… " + name})
	})
}

// keyRows are those of scanKey. A maker who is not there any more has no role.
const keyRows = `select k.id, k.name, k.role, k.shops, k.created, k.expires, k.used, k.revoked, k.hash, k.maker,
	coalesce((select p.role from account p where p.name = k.maker and p.active = 1), '') from account_key k `

// Keys lists all keys, the newest first.
func (b *Book) Keys(ctx context.Context) ([]Key, error) {
	list := []Key{}
	err := database.Select(ctx, b.db.Read, keyRows+"order by k.created desc, k.id").Each(func(rows *sql.Rows) error {
		k, _, err := scanKey(rows.Scan)
		list = append(list, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account.Keys: %w", err)
	}
	return list, nil
}

// keysOf are the keys of a maker that were not revoked.
func keysOf(ctx context.Context, tx *sql.Tx, maker string) (list []Key, err error) {
	err = database.Select(ctx, tx, keyRows+"where k.maker = $1 and k.revoked = 0 order by k.id", maker).Each(func(rows *sql.Rows) error {
		k, _, err := scanKey(rows.Scan)
		list = append(list, k)
		return err
	})
	return list, err
}

// keysChanged writes down which keys of a person an act gave more or less force
// than they had before.
func (b *Book) keysChanged(ctx context.Context, tx *sql.Tx, a Act, before []Key) error {
	after, err := keysOf(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	for i, k := range after {
		if k.InForce == before[i].InForce {
			continue
		}
		what := "key.force"
		if k.InForce == Nobody {
			what = "key.rest"
		}
		if err := b.Done(ctx, tx, Act{By: a.By, What: what, Subject: k.ID + "… " + k.Name, Detail: string(k.InForce)}); err != nil {
			return err
		}
	}
	return nil
}

// FindKey is the key of a text, with the role that is in force; NotFound where there
// is none, where it has ended, or while its maker's account is closed.
func (b *Book) FindKey(ctx context.Context, text string) (*Key, error) {
	const op = "account.FindKey"
	none := edge.Errorf(op, edge.NotFound, "there is no such key, or it is not in force")
	if len(text) < keyID || len(text) > 100 || !strings.HasPrefix(text, keyMark) || !database.Storable(text) {
		return nil, none
	}
	now, sum := b.now(), sha256.Sum256([]byte(text))
	k, hash, err := scanKey(b.db.Read.QueryRowContext(ctx, keyRows+"where k.id = $1 and k.revoked = 0", text[:keyID]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if subtle.ConstantTimeCompare(hash, sum[:]) != 1 || !k.Expires.IsZero() && !now.Before(k.Expires) || k.InForce == Nobody {
		return nil, none
	}
	k.Role = k.InForce
	if now.Sub(k.Used) >= usedEvery {
		if _, err := b.db.Write.ExecContext(ctx, "update account_key set used = $1 where id = $2", now.UnixMilli(), k.ID); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return &k, nil
}

func scanKey(scan func(...any) error) (k Key, hash []byte, err error) {
	var shops string
	var maker Role
	var created, expires, used, revoked int64
	if err := scan(&k.ID, &k.Name, &k.Role, &shops, &created, &expires, &used, &revoked, &hash, &k.Maker, &maker); err != nil {
		return k, nil, err
	}
	k.InForce = k.Role
	if k.Maker != "" {
		k.InForce = k.Role.Within(maker)
	}
	k.Created, k.Expires, k.Used, k.Revoked = database.Time(created), database.Time(expires), database.Time(used), database.Time(revoked)
	return k, hash, json.Unmarshal([]byte(shops), &k.Shops)
}
