package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func TestCartOpen(t *testing.T) {
	dir := t.TempDir()
	gateway := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := gateway.Public().(ed25519.PublicKey)
	config := filepath.Join(dir, "hq.yaml")
	require.NoError(t, os.WriteFile(config, []byte("public_url: https://cart.example.com\nmqtt: { url: mqtt://127.0.0.1:1 }\ndata_dir: "+dir+"\nkey: "+
		filepath.Join(dir, "hq.key")+"\nnodes: [{ name: gw-1, shop: shop-1, key: "+firmwarecfg.FormatPublicKey(public)+" }]\n"), 0o600))
	run := func(link string) (*openedLink, string, error) {
		var out bytes.Buffer
		cmd := newRoot()
		cmd.SetArgs([]string{"cart", "open", link, "--config", config, "--json"})
		cmd.SetOut(&out)
		cmd.SetErr(&bytes.Buffer{})
		err := cmd.ExecuteContext(t.Context())
		var o openedLink
		if err == nil {
			require.NoError(t, json.Unmarshal(out.Bytes(), &o))
		}
		return &o, out.String(), err
	}
	c := edge.NewCart(edge.CartID{1, 2, 3}, time.Now().Add(time.Hour))
	_, err := c.Add("g1", "LIP-VEL-01", 2)
	require.NoError(t, err)
	now := time.Now().UTC().Truncate(time.Minute)
	signed, err := handoff.Encode(gateway, c, handoff.Meta{Writer: "g1", Release: 1, Issued: now, Expires: now.Add(24 * time.Hour)})
	require.NoError(t, err)
	for _, link := range []string{
		signed, "https://cart.example.com/c/" + signed + "?lang=vi", "https://t.me/shop_bot/cart?startapp=" + signed,
		"weixin://dl/business/?appid=wx1&path=pages/cart/cart&query=c%3D" + signed,
	} {
		o, _, err := run(link)
		require.NoError(t, err, link)
		require.Equal(t, "gw-1", o.Node)
		require.Equal(t, edge.LinkSigned, o.Mode)
		require.Equal(t, 2, o.Cart.Lines[0].Quantity())
	}
	hqKey, err := firmwarecfg.LoadOrCreateKey(filepath.Join(dir, "hq.key"))
	require.NoError(t, err)
	secret, err := handoff.Share(gateway, hqKey.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	short, err := handoff.EncodeShort(secret, handoff.Short{KeyID: handoff.KeyIDOf(public), Cart: c.ID, Expires: now.Add(24 * time.Hour)})
	require.NoError(t, err)
	_, _, err = run("https://cart.example.com/s/" + short)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "looking at a link takes no cart in: %v", err)

	foreign, err := handoff.Encode(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), c, handoff.Meta{Writer: "g1", Issued: now, Expires: now.Add(time.Hour)})
	require.NoError(t, err)
	changed := []byte(signed)
	changed[40] ^= 1
	for link, kind := range map[string]edge.Kind{
		foreign: edge.NotFound, string(changed): edge.Invalid, "https://cart.example.com/": edge.Invalid,
	} {
		_, out, err := run(link)
		require.Equal(t, kind, edge.KindOf(err), "%v", err)
		require.Empty(t, out)
	}
}
