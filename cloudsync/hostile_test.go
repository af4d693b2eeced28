package cloudsync_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// body is a kind of message: its decoder, and JSON that the decoder takes.
type body struct {
	decode func([]byte) error
	packed bool // with zstd
	good   string
}

// newPacker packs as pack does, with one packer for all.
func newPacker(t testing.TB) func(raw []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, z.Close()) })
	return func(raw []byte) []byte { return z.EncodeAll(raw, nil) }
}

func errorOf[T any](decode func([]byte) (T, error)) func([]byte) error {
	return func(b []byte) error { _, err := decode(b); return err }
}

// bodies are all that come over the line.
func bodies(t testing.TB) map[string]body {
	t.Helper()
	c, err := cloudsync.NewCodec()
	require.NoError(t, err)
	const id = "01930000-0000-7000-8000-000000000001"
	hash := strings.Repeat("0", 64)
	event := `{"node":"n","epoch":"e","lane":"sale","seq":1,"id":"i","type":"t","time":1,"mono":1,"data":{"a":[1,"b"]}}`
	return map[string]body{
		"batch":   {errorOf(c.DecodeBatch), true, `{"v":1,"node":"n","epoch":"e","lane":"sale","from":1,"to":1,"prev_hash":"` + hash + `","hash":"` + hash + `","n":1,"events":[` + event + `]}`},
		"opaque":  {errorOf(c.DecodeBatch), true, `{"v":1,"node":"n","epoch":"e","lane":"sale","from":1,"to":1,"prev_hash":"` + hash + `","hash":"` + hash + `","n":1,"opaque":{"id":"aQ==","type":"dA==","time":1,"mono":1,"data":"/w=="}}`},
		"down":    {errorOf(c.DecodeDown), true, `{"v":1,"node":"n","n":2,"prev":1,"carts":[{"id":"AAAAAAAAAAAAAAAA","lines":[]}],"parts":[{"kind":"record","data":{}}]}`},
		"rsp":     {errorOf(c.DecodeRsp), true, `{"v":1,"node":"n","id":"` + id + `","status":"running","done":1,"total":2,"part":1,"result":{"digests":[{"from":1,"to":9,"hash":"` + hash + `"}],"stock":[{"sku":"A","quantity":1}]}}`},
		"ack":     {errorOf(cloudsync.DecodeAck), false, `{"v":1,"ref":"r","ledger":"l","node":"n","epoch":"e","lane":"sale","mark":3,"hash":"` + hash + `","at":3,"at_hash":"` + hash + `","missing":[[4,5]],"credit":1,"time":"2026-11-21T08:00:00Z"}`},
		"nack":    {errorOf(cloudsync.DecodeNack), false, `{"v":1,"ref":"r","code":"forged","msg":"m"}`},
		"confirm": {errorOf(cloudsync.DecodeConfirm), false, `{"v":1,"node":"n","down":4,"first":true}`},
		"state":   {errorOf(cloudsync.DecodeState), false, `{"v":1,"node":"n","session":"s","up":true}`},
		"cmd":     {errorOf(cloudsync.DecodeCmd), false, `{"v":1,"id":"` + id + `","node":"n","op":"range","args":{"lane":"sale","from":1},"exp":"2026-11-21T08:00:00Z"}`},
		"sample":  {errorOf(cloudsync.DecodeSample), false, `{"v":1,"node":"n","at":"2026-11-21T08:00:00Z","version":"1","uptime":1,"lanes":[{"lane":"sale","waiting":1}],"shed":0,"dropped":0,"disk_free":1,"disk_total":2}`},
	}
}

// sender makes what travels of JSON.
func (b body) sender(t testing.TB) func(raw string) []byte {
	if !b.packed {
		return func(raw string) []byte { return []byte(raw) }
	}
	pack := newPacker(t)
	return func(raw string) []byte { return pack([]byte(raw)) }
}

func refusal(err error) cloudsync.Refusal {
	if r, ok := errors.AsType[*cloudsync.RefusalError](err); ok {
		return r.Code
	}
	return ""
}

// Each kind of message, spoilt in each of these ways, is refused with a type, and
// none of them makes the program stop or grow.
func TestSpoiltMessages(t *testing.T) {
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, b := range bodies(t) {
		t.Run(name, func(t *testing.T) {
			wire := b.sender(t)
			require.NoError(t, b.decode(wire(b.good)))
			newer := strings.Replace(b.good, `{"v":1,`, `{"v":1,"told":{"by":["a newer version",1e400,null]},`, 1)
			require.NoError(t, b.decode(wire(newer)), "unknown keys are left alone")
			with := func(key string) string { return strings.Replace(b.good, `{"v":1,`, `{"v":1,`+key+`,`, 1) }
			for how, raw := range map[string]string{
				"nothing":             "",
				"null":                "null",
				"a list":              "[" + b.good + "]",
				"a text":              `"` + strings.ReplaceAll(b.good, `"`, `\"`) + `"`,
				"two":                 b.good + b.good,
				"noise behind":        b.good + "x",
				"NUL behind":          b.good + "\x00",
				"a byte order mark":   "\uFEFF" + b.good,
				"a key twice":         with(`"v":1`),
				"an unknown key's":    with(`"x":1,"x":2`),
				"no UTF-8":            with("\"x\":\"\xff\""),
				"half a surrogate":    with(`"x":"\ud800"`),
				"NUL in a text":       with("\"x\":\"\x00\""),
				"too deep":            with(`"x":` + deep),
				"a version of text":   strings.Replace(b.good, `"v":1`, `"v":"1"`, 1),
				"no version":          strings.Replace(b.good, `"v":1,`, ``, 1),
				"a version to come":   strings.Replace(b.good, `"v":1`, `"v":2`, 1),
				"a huge version":      strings.Replace(b.good, `"v":1`, `"v":1e400`, 1),
				"a version below all": strings.Replace(b.good, `"v":1`, `"v":-9223372036854775809`, 1),
			} {
				require.NotEmpty(t, refusal(b.decode(wire(raw))), "%s", how)
			}
			for i := range len(b.good) {
				require.NotEmpty(t, refusal(b.decode(wire(b.good[:i]))), "cut at %d", i)
				altered := []byte(b.good)
				for _, c := range []byte{0, '"', '-', '9', '{', 0xff} {
					altered[i] = c
					if err := b.decode(wire(string(altered))); err != nil {
						require.NotEmpty(t, refusal(err), "byte %d made %q: %v", i, c, err)
					}
				}
			}
		})
	}
}

// What is small on the line and huge in memory is refused before it is huge.
func TestBombs(t *testing.T) {
	huge := func() []byte { // a quarter of a gigabyte in some kilobytes
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		require.NoError(t, err)
		_, err = io.CopyN(z, zeros{}, 1<<28)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}()
	lie := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, bytes.Repeat([]byte{0x3f}, 8)...) // a frame of 2^61 bytes, it says
	lie = append(lie, 1, 0, 0)
	frame := pack(t, bytes.Repeat([]byte{' '}, cloudsync.MaxDecoded))
	for name, b := range bodies(t) {
		if !b.packed {
			continue
		}
		for how, bomb := range map[string][]byte{
			"one byte too many":     pack(t, make([]byte, cloudsync.MaxDecoded+1)),
			"a great deal":          huge,
			"a frame after a frame": append(bytes.Clone(frame), frame...),
			"many frames":           bytes.Repeat(frame, 100),
			"a lie about its size":  lie,
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := b.decode(bomb)
				runtime.ReadMemStats(&after)
				require.Equal(t, cloudsync.RefusedTooLarge, refusal(err), "%v", err)
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*cloudsync.MaxDecoded), "bytes allocated")
			})
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A hundred thousand missing ranges are no ack.
func TestAcksWithTooMuchMissing(t *testing.T) {
	raw := `{"v":1,"mark":3,"missing":[[4,5]` + strings.Repeat(",[4,5]", 100_000) + `]}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := cloudsync.DecodeAck([]byte(raw))
	runtime.ReadMemStats(&after)
	require.NotEmpty(t, refusal(err))
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*cloudsync.MaxDecoded), "bytes allocated")
}

// Numbers at the ends of their ranges.
func TestNumbersOfBatches(t *testing.T) {
	b := bodies(t)["batch"]
	wire := b.sender(t)
	const top = "4611686018427387904" // 2^62, the highest there may be
	numbers := func(from, to, n, seq string) string {
		raw := strings.Replace(b.good, `"from":1,"to":1`, `"from":`+from+`,"to":`+to, 1)
		raw = strings.Replace(raw, `"n":1`, `"n":`+n, 1)
		return strings.Replace(raw, `"seq":1`, `"seq":`+seq, 1)
	}
	require.NoError(t, b.decode(wire(numbers(top, top, "1", top))))
	for _, x := range [][4]string{
		{"0", "0", "1", "0"},
		{"2", "1", "1", "2"},
		{"1", "2", "1", "1"},
		{"1", "1", "2", "1"},
		{"1", "0", "0", "1"},
		{"1", "1", "-1", "1"},
		{"1", "1", "1", "2"},
		{"-1", "-1", "1", "-1"},
		{"1.5", "1.5", "1", "1.5"},
		{"1e0", "1", "1", "1"},
		{"4611686018427387905", "4611686018427387905", "1", "4611686018427387905"},
		{"9223372036854775808", "9223372036854775808", "1", "9223372036854775808"},
		{"18446744073709551615", "18446744073709551615", "1", "18446744073709551615"},
		{"18446744073709551616", "1", "1", "1"},
		{"1", "1", "9223372036854775807", "1"},
		{"1", "1", "201", "1"},
		{"1", "18446744073709551615", "-1", "1"},
	} {
		require.NotEmpty(t, refusal(b.decode(wire(numbers(x[0], x[1], x[2], x[3])))), "%v", x)
	}
}

// A file of events is whole or refused: cut anywhere, altered anywhere, with
// another behind it, or put together from two.
func TestFilesOfEventsAtEveryByte(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	edgetest.Sell(t, c.shop, edgetest.Lipstick)
	file := c.export(t, c.nodeKey)
	raw, pack := unpack(t, file), newPacker(t)
	read := func(file []byte) error {
		r, err := cloudsync.NewExportReader(bytes.NewReader(file))
		if err != nil {
			return err
		}
		defer r.Close()
		r.Trust(c.nodeKey.Public().(ed25519.PublicKey))
		for err == nil {
			_, err = r.Next()
		}
		return err
	}
	require.ErrorIs(t, read(file), io.EOF)
	refused := func(file []byte, what string, at int) {
		t.Helper()
		err := read(file)
		var where *cloudsync.ExportError
		require.True(t, errors.As(err, &where), "%s at %d: %v", what, at, err)
	}
	for i := range file {
		refused(file[:i], "the file cut", i)
		altered := bytes.Clone(file)
		altered[i] ^= 0x10
		if err := read(altered); errors.Is(err, io.EOF) { // zstd has bits that mean nothing
			require.Equal(t, raw, unpack(t, altered), "byte %d", i)
		} else {
			refused(altered, "the file altered", i)
		}
	}
	for i := 0; i < len(raw); i += 11 {
		refused(pack(raw[:i]), "the text cut", i)
	}
	for i := 0; i < len(raw); i += 5 {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		refused(pack(altered), "the text altered", i)
	}
	edgetest.Sell(t, c.shop, edgetest.Lipstick)
	later := c.export(t, c.nodeKey)
	refused(append(bytes.Clone(file), later...), "two files", 0)
	refused(append(bytes.Clone(file), file...), "the file twice", 0)
	a, b := bytes.SplitAfter(raw, []byte("\n")), bytes.SplitAfter(unpack(t, later), []byte("\n"))
	for i := range a[:len(a)-1] {
		mixed := make([][]byte, len(a))
		copy(mixed, a)
		mixed[i] = b[i]
		if bytes.Equal(a[i], b[i]) {
			continue
		}
		refused(pack(bytes.Join(mixed, nil)), "put together, line", i)
	}
	require.Less(t, len(file), 20_000, "small, or this takes long")
}

// What JSON allows and a till would never write makes no event that HQ counts
// otherwise than the shop does.
func TestEventsReadTheSameOnBothSides(t *testing.T) {
	b := bodies(t)["batch"]
	wire := b.sender(t)
	for _, data := range []string{`"data":{"total":1,"total":2}`, "\"data\":{\"a\":\"\xff\"}", `"data":{"a":"\ud800"}`, `"dato":{}`} {
		raw := strings.Replace(b.good, `"data":{"a":[1,"b"]}`, data, 1)
		require.NotEqual(t, b.good, raw)
		require.NotEmpty(t, refusal(b.decode(wire(raw))), "%q", data)
	}
}

// FuzzCanonical: what a decoder takes, its encoder writes, and that is taken for
// the same and written alike.
func FuzzCanonical(f *testing.F) {
	c, err := cloudsync.NewCodec()
	require.NoError(f, err)
	for _, b := range bodies(f) {
		f.Add([]byte(b.good))
	}
	pack := newPacker(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		packed := pack(raw)
		canonical(t, packed, c.DecodeBatch, c.EncodeBatch)
		canonical(t, packed, c.DecodeDown, c.EncodeDown)
		canonical(t, packed, c.DecodeRsp, c.EncodeRsp)
		canonical(t, raw, cloudsync.DecodeAck, (*cloudsync.Ack).Encode)
		canonical(t, raw, cloudsync.DecodeNack, (*cloudsync.Nack).Encode)
		canonical(t, raw, cloudsync.DecodeConfirm, (*cloudsync.Confirm).Encode)
		canonical(t, raw, cloudsync.DecodeState, (*cloudsync.State).Encode)
		canonical(t, raw, cloudsync.DecodeCmd, (*cloudsync.Cmd).Encode)
		canonical(t, raw, cloudsync.DecodeSample, (*cloudsync.Sample).Encode)
	})
}

func canonical[T any](t *testing.T, b []byte, decode func([]byte) (*T, error), encode func(*T) ([]byte, error)) {
	v, err := decode(b)
	if err != nil {
		require.NotEmpty(t, refusal(err), "%v", err)
		return
	}
	first, err := encode(v)
	require.NoError(t, err)
	again, err := decode(first)
	if code := refusal(err); code == cloudsync.RefusedTooLarge { // times and escapes may take more room than they came in
		return
	}
	require.NoError(t, err)
	second, err := encode(again)
	require.NoError(t, err)
	require.Equal(t, first, second)
	one, err := json.Marshal(v)
	require.NoError(t, err)
	two, err := json.Marshal(again)
	require.NoError(t, err)
	require.Equal(t, string(one), string(two), "nothing was lost")
}
