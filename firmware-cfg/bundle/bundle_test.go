package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

var (
	made = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	now  = made.Add(24 * time.Hour)
	end  = made.Add(30 * 24 * time.Hour)
)

// testKey is the same for the same number.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(keys ...byte) []ed25519.PublicKey {
	var all []ed25519.PublicKey
	for _, n := range keys {
		all = append(all, testKey(n).Public().(ed25519.PublicKey))
	}
	return all
}

// testRoots has the keys 1, 2 and 3, two of which sign.
func testRoots(t testing.TB) Roots {
	t.Helper()
	roots, err := Roots{}.Next(2, public(1, 2, 3)...)
	require.NoError(t, err)
	return roots
}

func testTrust(t testing.TB) Trust {
	t.Helper()
	root, err := testRoots(t).Trusted()
	require.NoError(t, err)
	return Trust{Root: root}
}

func manifest(version int64) Manifest {
	return Manifest{Classes: []string{"minipc"}, Version: version, Created: made, Expires: end}
}

// testBundle has two files, and is signed by the keys.
func testBundle(t testing.TB, m Manifest, keys ...byte) *Bundle {
	t.Helper()
	text := strconv.FormatInt(m.Version, 10)
	b, err := New(m, []File{
		{"etc/nftables.conf", 0o644, []byte("# rules " + text)},
		{"etc/mirrorcart/edge.yaml", 0o644, []byte("node: shop-1-gw-1 # " + text)},
	})
	require.NoError(t, err)
	for _, n := range keys {
		b.Sign(testKey(n))
	}
	return b
}

func archive(t testing.TB, b *Bundle) []byte {
	t.Helper()
	a, err := b.Archive()
	require.NoError(t, err)
	return a
}

func TestBundleComesBackAsItWas(t *testing.T) {
	b := testBundle(t, manifest(7), 1, 3)
	b.Roots = testRoots(t)
	a := archive(t, b)
	require.Equal(t, a, archive(t, b), "the same bundle gives the same bytes")
	back, err := Read(bytes.NewReader(a))
	require.NoError(t, err)
	require.Equal(t, b, back)
	require.Equal(t, "etc/mirrorcart/edge.yaml", back.Content()[0].Path)
	require.Equal(t, "node: shop-1-gw-1 # 7", string(back.Content()[0].Content))

	got, err := testTrust(t).Check(back, "minipc", now)
	require.NoError(t, err)
	require.Equal(t, Trust{Root: testTrust(t).Root, Version: 7, ID: b.ID(), Seen: made}, got)
	_, err = got.Check(back, "minipc", now)
	require.NoError(t, err, "the same again is no fault")

	big := bytes.Repeat([]byte("a line that is there again and again\n"), MaxContent/40)
	b, err = New(manifest(1), []File{{"etc/big", 0o600, big}})
	require.NoError(t, err)
	back, err = Parse(archive(t, b))
	require.NoError(t, err)
	require.True(t, bytes.Equal(big, back.Content()[0].Content))
}

func TestWhatMayNotBeTakenIsRefused(t *testing.T) {
	taken := testTrust(t)
	taken.Version, taken.ID, taken.Seen = 5, testBundle(t, manifest(5)).ID(), end.Add(-time.Hour)
	changed := manifest(9)
	changed.Classes = []string{"minipc", "arm64"}
	wrong := testBundle(t, manifest(9), 1, 2)
	wrong.Signatures[0].Signature = bytes.Repeat([]byte{1}, ed25519.SignatureSize)
	moved := testBundle(t, changed)
	moved.Signatures = testBundle(t, manifest(9), 1, 2).Signatures
	twice := testBundle(t, manifest(9), 1)
	twice.Signatures = append(twice.Signatures, twice.Signatures[0])
	asRoot := testBundle(t, manifest(9))
	asRoot.Signatures = []Signature{sign(rootContext, asRoot.text, testKey(1)), sign(rootContext, asRoot.text, testKey(2))}
	late := manifest(9)
	late.Created, late.Expires = made, end.Add(-2*time.Hour)
	another := manifest(5)
	another.MinVersion = 1

	for name, tc := range map[string]struct {
		b     *Bundle
		class string
		now   time.Time
		want  Reason
	}{
		"good":                    {testBundle(t, manifest(6), 2, 3), "minipc", now, ""},
		"the one that is there":   {testBundle(t, manifest(5), 2, 3), "minipc", now, ""},
		"one signature of three":  {testBundle(t, manifest(9), 1), "minipc", now, TooFew},
		"one key, twice":          {twice, "minipc", now, TooFew},
		"no signature":            {testBundle(t, manifest(9)), "minipc", now, Unsigned},
		"strangers' signatures":   {testBundle(t, manifest(9), 8, 9), "minipc", now, Unsigned},
		"one stranger's":          {testBundle(t, manifest(9), 1, 9), "minipc", now, TooFew},
		"a bad signature":         {wrong, "minipc", now, Tampered},
		"another's signatures":    {moved, "minipc", now, Tampered},
		"signed as a root set":    {asRoot, "minipc", now, Tampered},
		"an older one":            {testBundle(t, manifest(4), 1, 2), "minipc", now, Older},
		"another of that number":  {testBundle(t, another, 1, 2), "minipc", now, Mixed},
		"another kind of machine": {testBundle(t, manifest(9), 1, 2), "tablet", now, Foreign},
		"a machine without class": {testBundle(t, manifest(9), 1, 2), "none", now, Foreign},
		"too late":                {testBundle(t, manifest(9), 1, 2), "minipc", end, Expired},
		"the clock turned back":   {testBundle(t, late, 1, 2), "minipc", made, Frozen},
	} {
		b, err := Parse(archive(t, tc.b))
		require.NoError(t, err, name)
		got, err := taken.Check(b, tc.class, tc.now)
		require.Equal(t, tc.want, ReasonOf(err), "%s: %v", name, err)
		if tc.want == Expired {
			require.ErrorContains(t, err, "the clock of this machine says "+end.UTC().Format(time.RFC3339))
		}
		if tc.want != "" {
			require.Error(t, err, name)
			require.Equal(t, taken, got, "%s: nothing is learnt from what is refused", name)
		}
	}
}

func TestKeysAreChangedByTheOldOnes(t *testing.T) {
	roots := testRoots(t)
	next, err := roots.Next(2, public(3, 4, 5)...)
	require.NoError(t, err)
	first := testTrust(t)
	check := func(roots Roots, keys ...byte) (Trust, error) {
		b := testBundle(t, manifest(2), keys...)
		b.Roots = roots
		b, err := Parse(archive(t, b))
		require.NoError(t, err)
		return first.Check(b, "minipc", now)
	}
	for name, tc := range map[string]struct {
		signers []byte
		want    Reason
	}{
		"nobody":           {nil, Unsigned},
		"the old alone":    {[]byte{1, 2}, Unsigned},
		"too few of new":   {[]byte{1, 3}, TooFew},
		"the new alone":    {[]byte{4, 5}, Unsigned},
		"too few of old":   {[]byte{3, 4}, TooFew},
		"both":             {[]byte{1, 2, 4, 5}, ""},
		"one of both sets": {[]byte{1, 3, 4}, ""},
	} {
		signed := next
		for _, n := range tc.signers {
			signed = signed.Sign(testKey(n))
		}
		_, err := check(signed, 4, 5)
		require.Equal(t, tc.want, ReasonOf(err), "%s: %v", name, err)
	}
	good := next.Sign(testKey(1)).Sign(testKey(2)).Sign(testKey(4)).Sign(testKey(5))
	got, err := check(good, 4, 5)
	require.NoError(t, err)
	require.Equal(t, 2, got.Root.Version)
	_, err = check(good, 1, 2)
	require.Equal(t, Unsigned, ReasonOf(err), "keys 1 and 2 count for nothing any more")
	_, err = check(good, 3, 1)
	require.Equal(t, TooFew, ReasonOf(err))
	trusted, err := good.Trusted()
	require.NoError(t, err)
	require.Equal(t, got.Root, trusted)

	third, err := good.Next(1, public(6)...)
	require.NoError(t, err)
	third = third.Sign(testKey(3)).Sign(testKey(4)).Sign(testKey(6))
	got, err = check(third, 6)
	require.NoError(t, err, "two changes were missed")
	require.Equal(t, 3, got.Root.Version)
	_, err = check(third[2:], 6)
	require.Equal(t, Mixed, ReasonOf(err), "the change between is missing")

	for name, make := range map[string]func() (Roots, error){
		"no key":        func() (Roots, error) { return Roots{}.Next(1) },
		"a key twice":   func() (Roots, error) { return Roots{}.Next(1, public(1, 1)...) },
		"none to sign":  func() (Roots, error) { return Roots{}.Next(0, public(1)...) },
		"more than all": func() (Roots, error) { return Roots{}.Next(3, public(1, 2)...) },
		"a short key":   func() (Roots, error) { return Roots{}.Next(1, ed25519.PublicKey("short")) },
	} {
		_, err := make()
		require.Error(t, err, name)
	}
}

// raw is an archive of whatever somebody may think of.
func raw(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, h := range entries {
		text := h.PAXRecords["text"]
		h.PAXRecords = nil
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(text))
		}
		h.Mode = 0o644
		require.NoError(t, w.WriteHeader(&h))
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return squeezed(t, plain.Bytes())
}

func squeezed(t testing.TB, plain []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	defer z.Close()
	return z.EncodeAll(plain, nil)
}

func entry(name, text string) tar.Header {
	return tar.Header{Name: name, PAXRecords: map[string]string{"text": text}}
}

func TestArchivesThatAreNotRightAreRefused(t *testing.T) {
	m := func(change func(*Manifest)) tar.Header {
		out := testBundle(t, manifest(3)).Manifest
		change(&out)
		text, err := json.Marshal(out)
		require.NoError(t, err)
		return entry("manifest.json", string(text))
	}
	asIs := m(func(*Manifest) {})
	signatures := entry("signatures.json", "[]")
	edge, nft := entry("files/etc/mirrorcart/edge.yaml", "node: shop-1-gw-1 # 3"), entry("files/etc/nftables.conf", "# rules 3")
	path := func(p string) []byte {
		return raw(t, m(func(m *Manifest) { m.Files[0].Path = p }), signatures, entry("files/"+p, edge.PAXRecords["text"]), nft)
	}
	_, err := Parse(raw(t, asIs, signatures, edge, nft))
	require.NoError(t, err, "the others are wrong in one thing alone")
	whole := raw(t, asIs, signatures, edge, nft)

	for name, tc := range map[string]struct {
		archive []byte
		want    Reason
	}{
		"nothing":              {nil, Tampered},
		"no archive":           {[]byte("hello"), Tampered},
		"cut off":              {whole[:len(whole)-20], Tampered},
		"not packed":           {squeezed(t, []byte("hello")), Tampered},
		"too long":             {make([]byte, MaxArchive+1), TooLarge},
		"a bomb":               {squeezed(t, make([]byte, 64<<20)), Tampered},
		"a bomb behind":        {append(whole[:len(whole):len(whole)], squeezed(t, make([]byte, 64<<20))...), TooLarge},
		"something behind":     {append(whole[:len(whole):len(whole)], squeezed(t, []byte("more"))...), Tampered},
		"a file changed":       {raw(t, asIs, signatures, entry(edge.Name, "node: shop-2-gw-1 # 3"), nft), Tampered},
		"a file longer":        {raw(t, asIs, signatures, entry(edge.Name, "node: shop-1-gw-1 # 3 "), nft), Tampered},
		"a file missing":       {raw(t, asIs, signatures, edge), Tampered},
		"a file more":          {raw(t, asIs, signatures, edge, nft, entry("files/etc/shadow", "")), Tampered},
		"a file twice":         {raw(t, asIs, signatures, edge, edge, nft), Tampered},
		"out of order":         {raw(t, asIs, signatures, nft, edge), Tampered},
		"no signatures":        {raw(t, asIs, edge, nft), Tampered},
		"no manifest":          {raw(t, signatures, edge, nft), Tampered},
		"a long manifest":      {raw(t, entry("manifest.json", strings.Repeat(" ", maxManifest+1))), TooLarge},
		"unknown key":          {raw(t, entry("manifest.json", `{"format":1,"run":"rm"}`)), Tampered},
		"a second value":       {raw(t, entry("manifest.json", `{} {}`)), Tampered},
		"signatures":           {raw(t, asIs, entry("signatures.json", "{"), edge, nft), Tampered},
		"many signatures":      {raw(t, asIs, entry("signatures.json", "["+strings.Repeat("{},", 99)+"{}]"), edge, nft), TooLarge},
		"root sets":            {raw(t, asIs, signatures, entry("roots.json", `[{"root":"{}"}]`), edge, nft), Tampered},
		"a link":               {raw(t, asIs, signatures, tar.Header{Name: edge.Name, Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"}, nft), Unsafe},
		"a hard link":          {raw(t, asIs, signatures, tar.Header{Name: edge.Name, Typeflag: tar.TypeLink, Linkname: "/etc/shadow"}, nft), Unsafe},
		"a device":             {raw(t, asIs, signatures, tar.Header{Name: edge.Name, Typeflag: tar.TypeBlock}, nft), Unsafe},
		"a folder":             {raw(t, asIs, signatures, tar.Header{Name: "files/etc/", Typeflag: tar.TypeDir}, edge, nft), Unsafe},
		"upwards":              {path("etc/../root/.profile"), Unsafe},
		"from the root":        {path("/etc/shadow"), Unsafe},
		"elsewhere":            {path("usr/bin/edge"), Unsafe},
		"above all":            {path("../etc/shadow"), Unsafe},
		"itself":               {path("etc/./a"), Unsafe},
		"a folder's name":      {raw(t, m(func(m *Manifest) { m.Files[0].Path = "etc/a/" }), signatures, edge, nft), Unsafe},
		"nothing between":      {path("etc//a"), Unsafe},
		"backwards":            {path(`etc\..\a`), Unsafe},
		"a nul":                {raw(t, m(func(m *Manifest) { m.Files[0].Path = "etc/a\x00b" }), signatures, edge, nft), Unsafe},
		"a long path":          {path("etc/" + strings.Repeat("a", maxPath)), TooLarge},
		"capitals alone":       {raw(t, m(func(m *Manifest) { m.Files[0].Path = "etc/NFTABLES.conf" }), signatures, edge, nft), Unsafe},
		"there twice":          {raw(t, m(func(m *Manifest) { m.Files[0].Path = m.Files[1].Path }), signatures, edge, nft), Unsafe},
		"a file as folder":     {raw(t, m(func(m *Manifest) { m.Files[0].Path = "etc/a"; m.Files[1].Path = "etc/a/b" }), signatures, edge, nft), Unsafe},
		"one as folder later":  {raw(t, m(func(m *Manifest) { m.Files[0].Path = "etc/A/b"; m.Files[1].Path = "etc/a" }), signatures, edge, nft), Unsafe},
		"as another user":      {raw(t, m(func(m *Manifest) { m.Files[0].Mode = 0o4755 }), signatures, edge, nft), Unsafe},
		"for all to write":     {raw(t, m(func(m *Manifest) { m.Files[0].Mode = 0o666 }), signatures, edge, nft), Unsafe},
		"no digest":            {raw(t, m(func(m *Manifest) { m.Files[0].SHA256 = "" }), signatures, edge, nft), Tampered},
		"a negative size":      {raw(t, m(func(m *Manifest) { m.Files[0].Size = -1 }), signatures, edge, nft), Tampered},
		"a great size":         {raw(t, m(func(m *Manifest) { m.Files[0].Size = 1 << 62; m.Files[1].Size = 1 << 62 }), signatures, edge, nft), TooLarge},
		"many files":           {raw(t, m(func(m *Manifest) { m.Files = make([]Entry, MaxFiles+1) }), signatures, edge, nft), TooLarge},
		"no file":              {raw(t, m(func(m *Manifest) { m.Files = nil }), signatures), Tampered},
		"another product":      {raw(t, m(func(m *Manifest) { m.Product = "mirrorcart-hq" }), signatures, edge, nft), Foreign},
		"another format":       {raw(t, m(func(m *Manifest) { m.Format = 2 }), signatures, edge, nft), Unfit},
		"no class":             {raw(t, m(func(m *Manifest) { m.Classes = nil }), signatures, edge, nft), Tampered},
		"a class of any name":  {raw(t, m(func(m *Manifest) { m.Classes = []string{"a b"} }), signatures, edge, nft), Tampered},
		"version 0":            {raw(t, m(func(m *Manifest) { m.Version = 0 }), signatures, edge, nft), Tampered},
		"above its own":        {raw(t, m(func(m *Manifest) { m.MinVersion = 4 }), signatures, edge, nft), Tampered},
		"expired at its birth": {raw(t, m(func(m *Manifest) { m.Expires = m.Created }), signatures, edge, nft), Tampered},
	} {
		_, err := Parse(tc.archive)
		require.Error(t, err, name)
		require.Equal(t, tc.want, ReasonOf(err), "%s: %v", name, err)
	}
}

// Whatever somebody sends is refused as a Refusal, or is a bundle that stays the
// same when it is written and read.
func FuzzParse(f *testing.F) {
	b := testBundle(f, manifest(3), 1, 2)
	b.Roots = testRoots(f)
	f.Add(archive(f, b), false)
	z, err := zstd.NewReader(nil)
	require.NoError(f, err)
	plain, err := z.DecodeAll(archive(f, b), nil)
	require.NoError(f, err)
	f.Add(plain, true)
	f.Fuzz(func(t *testing.T, in []byte, pack bool) {
		if pack {
			in = squeezed(t, in)
		}
		b, err := Parse(in)
		if err != nil {
			require.NotEmpty(t, ReasonOf(err), "%v", err)
			return
		}
		for _, file := range b.Content() {
			require.NoError(t, checkPath(file.Path))
		}
		again, err := Parse(archive(t, b))
		require.NoError(t, err)
		require.Equal(t, b.Content(), again.Content())
		_, err = testTrust(t).Check(b, "minipc", now)
		if err != nil {
			require.NotEmpty(t, ReasonOf(err), "%v", err)
		}
	})
}
