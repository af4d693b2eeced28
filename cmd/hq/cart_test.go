package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func TestCartOpenSaysWhatALinkCarries(t *testing.T) {
	dir := t.TempDir()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	pub := key.Public().(ed25519.PublicKey)
	config := filepath.Join(dir, "hq.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
public_url: https://cart.example.com
mqtt: { url: mqtt://127.0.0.1:1 }
data_dir: %s
key: %s
log: { level: ERROR }
nodes:
  - { name: gw-1, shop: shop-1, key: %s }
`, dir, filepath.Join(dir, "hq.key"), firmwarecfg.FormatPublicKey(pub)), 0o600))
	cfg, err := firmwarecfg.LoadHQ(config, nil)
	require.NoError(t, err)

	now := time.Now().UTC().Truncate(time.Minute)
	w := edge.EpochWriter("e1")
	cart := edge.NewCart(edge.CartID{1, 2, 3}, now.Add(time.Hour))
	_, err = cart.Add(w, "LIP-VEL-01", 2)
	require.NoError(t, err)
	token := func() string {
		token, err := handoff.Encode(key, cart, handoff.Meta{Writer: w, Release: 7, Issued: now, Expires: now.Add(72 * time.Hour)})
		require.NoError(t, err)
		return token
	}
	open := func(link string) (found openedLink) {
		out, err := hqCommand(t, "cart", "open", link, "--config", config)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(out), &found))
		return found
	}
	old := token()
	for _, link := range []string{
		old, "https://cart.example.com/c/" + old, "https://zalo.me/s/4413352218744223/?c=" + old, "https://t.me/bot/cart?startapp=" + old,
		"weixin://dl/business/?appid=wx0123456789abcdef&path=pages/cart/cart&query=c%3D" + old + "&env_version=release",
	} {
		found := open(link)
		require.Equal(t, edge.LinkSigned, found.Mode, link)
		require.Equal(t, "gw-1", found.Node)
		require.False(t, found.Known)
		require.Equal(t, 2, found.Cart.Lines[0].Quantity())
	}

	hqKey, err := firmwarecfg.LoadKey(cfg.Key)
	require.NoError(t, err)
	secret, err := handoff.Share(key, hqKey.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	short, err := handoff.EncodeShort(secret, handoff.Short{KeyID: handoff.KeyIDOf(pub), Cart: cart.ID, Expires: now.Add(time.Hour)})
	require.NoError(t, err)
	_, err = hqCommand(t, "cart", "open", short, "--config", config)
	require.Equal(t, edge.Unavailable, edge.KindOf(err), "%v", err)

	hear := func() {
		h, err := headquarters.OpenLedger(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		_, err = h.OpenCart(t.Context(), cart, "gw-1", false)
		require.NoError(t, err)
		require.NoError(t, h.Close())
	}
	hear()
	found := open("https://t.me/bot?start=" + short)
	require.Equal(t, edge.LinkShort, found.Mode)
	require.True(t, found.Known)
	require.Len(t, found.Cart.Lines, 1)

	require.NoError(t, cart.WithdrawLinks())
	hear()
	for _, link := range []string{old, short} {
		_, err = hqCommand(t, "cart", "open", link, "--config", config)
		require.Equal(t, edge.Withdrawn, edge.KindOf(err), "%v", err)
	}
	require.True(t, open(token()).Known)
	_, err = hqCommand(t, "cart", "open", "https://cart.example.com/c/AAAA", "--config", config)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
