package cloudsync

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// asyncAPI is the part of asyncapi.yaml that the code can vouch for.
type asyncAPI struct {
	AsyncAPI string `yaml:"asyncapi"`
	Channels map[string]struct {
		Address    string                          `yaml:"address"`
		Parameters map[string]map[string]any       `yaml:"parameters"`
		Messages   map[string]struct{ Ref string } `yaml:"messages"`
	} `yaml:"channels"`
	Operations map[string]struct {
		Action  string
		Channel struct{ Ref string }
	} `yaml:"operations"`
	Components struct {
		Messages map[string]apiMessage     `yaml:"messages"`
		Schemas  map[string]map[string]any `yaml:"schemas"`
	} `yaml:"components"`
	EventData map[string]struct{ Ref string } `yaml:"x-event-data"`
	Envelope  struct {
		Seed, Topic, Envelope string
	} `yaml:"x-envelope-example"`
}

type apiMessage struct {
	Kind        Kind   `yaml:"x-kind"`
	ContentType string `yaml:"contentType"`
	Payload     struct{ Ref string }
	Examples    []struct{ Payload any }
}

// wire says what travels where: a message's kind, body, branch and decoder.
type wire struct {
	kind   Kind
	body   any
	branch Branch
	up     bool // from the node
	decode func(c *Codec, body []byte) error
}

func wires() map[string]wire {
	return map[string]wire{
		"batch": {KindBatch, Batch{}, BranchUp, true, func(c *Codec, b []byte) error {
			got, err := c.DecodeBatch(b)
			if err == nil {
				_, err = got.Hashes()
			}
			return err
		}},
		"ack":     {KindAck, Ack{}, BranchAck, false, func(_ *Codec, b []byte) error { _, err := DecodeAck(b); return err }},
		"nack":    {KindNack, Nack{}, BranchAck, false, func(_ *Codec, b []byte) error { _, err := DecodeNack(b); return err }},
		"down":    {KindDown, Down{}, BranchDown, false, func(c *Codec, b []byte) error { _, err := c.DecodeDown(b); return err }},
		"confirm": {KindConfirm, Confirm{}, BranchRsp, true, func(_ *Codec, b []byte) error { _, err := DecodeConfirm(b); return err }},
		"state":   {KindState, State{}, BranchState, true, func(_ *Codec, b []byte) error { _, err := DecodeState(b); return err }},
		"cmd": {KindCmd, Cmd{}, BranchCmd, false, func(_ *Codec, b []byte) error {
			got, err := DecodeCmd(b)
			if err == nil {
				err = got.Args.Check(got.Op)
			}
			return err
		}},
		"rsp":      {KindRsp, Rsp{}, BranchRsp, true, func(c *Codec, b []byte) error { _, err := c.DecodeRsp(b); return err }},
		"recall":   {KindRecall, Recall{}, BranchRsp, true, func(c *Codec, b []byte) error { _, err := c.DecodeRecall(b); return err }},
		"recalled": {KindRecalled, Batch{}, BranchDown, false, func(c *Codec, b []byte) error { _, err := c.DecodeBatch(b); return err }},
		"desired":  {KindDesired, Desired{}, BranchDesired, false, func(_ *Codec, b []byte) error { _, err := DecodeDesired(b); return err }},
		"reported": {KindReported, Reported{}, BranchReported, true, func(_ *Codec, b []byte) error { _, err := DecodeReported(b); return err }},
		"sample":   {KindSample, Sample{}, BranchUp, true, func(_ *Codec, b []byte) error { _, err := DecodeSample(b); return err }},
	}
}

// eventData is the data of each type of event.
func eventData() map[string]any {
	return map[string]any{
		edge.EventEpoch: edge.EpochOpened{}, edge.EventSale: edge.Sale{}, edge.EventVoid: edge.Void{}, edge.EventRefund: edge.Refund{},
		edge.EventDue: edge.RefundDue{}, edge.EventGiven: edge.RefundGiven{}, edge.EventZ: edge.ZReport{}, edge.EventStock: edge.StockMove{}, edge.EventEInvoice: edge.EInvoice{},
		edge.EventCart: edge.Cart{}, edge.EventCash: edge.CashRecord{}, edge.EventAudit: edge.AuditRecord{}, edge.EventTransfer: edge.Transfer{},
		edge.EventOrder: edge.Order{}, edge.EventOrderPaid: edge.OrderMoney{}, edge.EventOrderRefunded: edge.OrderMoney{},
		edge.EventOrderRequest: edge.OrderRequest{}, edge.EventOrderCollected: edge.Collection{},
	}
}

func readAsyncAPI(t *testing.T) *asyncAPI {
	t.Helper()
	text, err := os.ReadFile("asyncapi.yaml")
	require.NoError(t, err)
	var doc asyncAPI
	text = []byte(strings.ReplaceAll(string(text), "$ref", "ref"))
	require.NoError(t, yaml.Unmarshal(text, &doc))
	require.Equal(t, "3.0.0", doc.AsyncAPI)
	return &doc
}

func TestAsyncAPINamesEveryTopic(t *testing.T) {
	doc := readAsyncAPI(t)
	branches := map[Branch][]string{}
	for name, w := range wires() {
		branches[w.branch] = append(branches[w.branch], name)
	}
	require.Len(t, doc.Channels, len(branches))
	operated := []string{}
	for _, op := range doc.Operations {
		operated = append(operated, op.Action+" "+op.Channel.Ref)
	}
	for name, channel := range doc.Channels {
		branch := Branch(name)
		if of, leaf := map[string]Branch{"desired": BranchDesired, "reported": BranchReported}[name]; leaf {
			branch = of
		}
		lanes, _ := channel.Parameters["lane"]["enum"].([]any)
		if len(lanes) == 0 {
			lanes = []any{""}
		}
		for _, lane := range lanes {
			topic := Topic{Node: "123456789", Branch: branch, Lane: edge.Lane(lane.(string))}
			address := strings.NewReplacer("{partition}", "38", "{node}", "123456789", "{lane}", lane.(string)).Replace(channel.Address)
			require.Equal(t, address, topic.String())
			got, err := ParseTopic(address)
			require.NoError(t, err)
			require.Equal(t, topic, got)
		}
		known := 0
		for _, lane := range []edge.Lane{edge.LaneSale, edge.LaneOps, LaneTele, ""} {
			if _, err := ParseTopic(Topic{Node: "123456789", Branch: branch, Lane: lane}.String()); err == nil {
				known++
			}
		}
		require.Len(t, lanes, known, "lanes of %s", name)
		var messages []string
		for message, ref := range channel.Messages {
			require.Equal(t, "#/components/messages/"+message, ref.Ref)
			messages = append(messages, message)
		}
		require.ElementsMatch(t, branches[branch], messages, name)
		action := "receive"
		if wires()[messages[0]].up {
			action = "send"
		}
		require.Contains(t, operated, action+" #/channels/"+name)
	}
}

func TestAsyncAPINamesEveryFieldOfEveryBody(t *testing.T) {
	doc := readAsyncAPI(t)
	require.Len(t, doc.Components.Messages, len(wires()))
	d := &schemaCheck{t: t, schemas: doc.Components.Schemas, seen: map[string]bool{}}
	for name, w := range wires() {
		m, ok := doc.Components.Messages[name]
		require.True(t, ok, name)
		require.Equal(t, w.kind, m.Kind, name)
		d.follow(name, m.Payload.Ref, reflect.TypeOf(w.body))
	}
	for _, line := range []any{ExportHeader{}, ExportBatch{}, ExportTrailer{}} {
		d.follow("export", "#/components/schemas/"+reflect.TypeOf(line).Name(), reflect.TypeOf(line))
	}
	for typ, data := range eventData() {
		d.follow(typ, doc.EventData[typ].Ref, reflect.TypeOf(data))
	}
	for name := range doc.Components.Schemas {
		require.True(t, d.seen[name], "schema %s is of nothing", name)
	}
	for kind := KindBatch; kind <= KindReported; kind++ {
		if kind == KindPhoto || kind == KindContact {
			continue // go over HTTPS alone
		}
		require.True(t, slices.ContainsFunc(slices.Collect(mapValues(wires())), func(w wire) bool { return w.kind == kind }), "kind %d", kind)
	}
}

func TestAsyncAPINamesEveryEvent(t *testing.T) {
	source, err := os.ReadFile("../edge/event.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^\tEvent\w+ += "([a-z.]+)"`).FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, declared)
	var want []string
	for _, d := range declared {
		want = append(want, d[1])
	}
	doc := readAsyncAPI(t)
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(doc.EventData)))
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(eventData())))
}

func mapValues[K comparable, V any](m map[K]V) func(func(V) bool) {
	return func(yield func(V) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// The examples are read by the decoders that read what comes over the line.
func TestAsyncAPIExamplesDecode(t *testing.T) {
	doc := readAsyncAPI(t)
	c := newTestCodec(t)
	for name, w := range wires() {
		m := doc.Components.Messages[name]
		require.NotEmpty(t, m.Examples, name)
		for i, example := range m.Examples {
			body, err := json.Marshal(example.Payload)
			require.NoError(t, err)
			strict := json.NewDecoder(strings.NewReader(string(body)))
			strict.DisallowUnknownFields()
			require.NoError(t, strict.Decode(reflect.New(reflect.TypeOf(w.body)).Interface()), "%s, example %d", name, i+1)
			switch m.ContentType {
			case "application/zstd":
				body = c.enc.EncodeAll(body, nil)
			default:
				require.Empty(t, m.ContentType)
			}
			require.NoError(t, w.decode(c, body), "%s, example %d", name, i+1)
		}
	}
	sealed, err := base64.StdEncoding.DecodeString(doc.Envelope.Envelope)
	require.NoError(t, err)
	env, err := Open(sealed)
	require.NoError(t, err)
	seed, err := base64.StdEncoding.DecodeString(doc.Envelope.Seed)
	require.NoError(t, err)
	require.NoError(t, env.Verify(public(fixedKey(seed[0])), doc.Envelope.Topic))
	_, err = DecodeState(env.Body)
	require.NoError(t, err)
}

// schemaCheck compares schemas with Go types.
type schemaCheck struct {
	t       *testing.T
	schemas map[string]map[string]any
	seen    map[string]bool
}

func (d *schemaCheck) follow(at, ref string, typ reflect.Type) {
	d.t.Helper()
	name, ok := strings.CutPrefix(ref, "#/components/schemas/")
	require.True(d.t, ok, "%s: reference %q", at, ref)
	require.Equal(d.t, typ.Name(), name, at)
	if d.seen[name] {
		return
	}
	d.seen[name] = true
	schema, ok := d.schemas[name]
	require.True(d.t, ok, "no schema %s", name)
	require.Equal(d.t, "object", schema["type"], name)
	if typ == reflect.TypeFor[edge.Cart]() { // the shop's own document, see edge.Cart
		return
	}
	properties, _ := schema["properties"].(map[string]any)
	var fields, required []string
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue // its fields are listed as well
		}
		tag, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		require.NotEmpty(d.t, tag, "%s.%s has no name", name, f.Name)
		fields = append(fields, tag)
		if !strings.HasPrefix(option, "omit") {
			required = append(required, tag)
		}
		p, ok := properties[tag].(map[string]any)
		require.True(d.t, ok, "schema %s lacks %s", name, tag)
		d.field(name+"."+tag, p, f.Type)
	}
	require.Len(d.t, properties, len(fields), "schema %s has properties that %s has not", name, typ)
	got := []string{}
	for _, r := range anyList(schema["required"]) {
		got = append(got, r.(string))
	}
	require.ElementsMatch(d.t, required, got, "required of %s", name)
}

func anyList(v any) []any { list, _ := v.([]any); return list }

func (d *schemaCheck) field(at string, p map[string]any, typ reflect.Type) {
	d.t.Helper()
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	text := reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	switch {
	case typ == reflect.TypeFor[time.Time]():
		require.Equal(d.t, "date-time", p["format"], at)
		require.Equal(d.t, "string", p["type"], at)
	case typ == reflect.TypeFor[json.RawMessage]():
		require.Nil(d.t, p["type"], "%s may be anything", at)
	case typ == reflect.TypeFor[[]byte]():
		require.Equal(d.t, "base64", p["contentEncoding"], at)
		require.Equal(d.t, "string", p["type"], at)
	case text || typ.Kind() == reflect.String:
		require.Equal(d.t, "string", p["type"], at)
		d.enum(at, p, typ)
	case typ.Kind() == reflect.Struct:
		ref, _ := p["ref"].(string)
		d.follow(at, ref, typ)
	case typ.Kind() == reflect.Slice || typ.Kind() == reflect.Array:
		require.Equal(d.t, "array", p["type"], at)
		items, ok := p["items"].(map[string]any)
		require.True(d.t, ok, "%s has no items", at)
		d.field(at+"[]", items, typ.Elem())
	case typ.Kind() == reflect.Bool:
		require.Equal(d.t, "boolean", p["type"], at)
	case typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Uint64:
		require.Equal(d.t, "integer", p["type"], at)
	default:
		require.Fail(d.t, "no rule for "+typ.String(), at)
	}
}

// enum compares the values of a type that has but a few.
func (d *schemaCheck) enum(at string, p map[string]any, typ reflect.Type) {
	want := map[reflect.Type][]any{
		reflect.TypeFor[Op]():          {},
		reflect.TypeFor[BundleState](): {},
		reflect.TypeFor[CmdStatus]():   {CmdAccepted, CmdRunning, CmdDone, CmdRefused, CmdFailed},
		reflect.TypeFor[Refusal]():     {RefusedUnknownKey, RefusedRevoked, RefusedForged, RefusedVersion, RefusedUndecodable, RefusedTooLarge, RefusedChain},
		reflect.TypeFor[edge.Lane]():   {},
	}
	for _, op := range Ops() {
		want[reflect.TypeFor[Op]()] = append(want[reflect.TypeFor[Op]()], op)
	}
	for _, s := range BundleStates() {
		want[reflect.TypeFor[BundleState]()] = append(want[reflect.TypeFor[BundleState]()], s)
	}
	for _, lane := range edge.Lanes() {
		want[reflect.TypeFor[edge.Lane]()] = append(want[reflect.TypeFor[edge.Lane]()], lane)
	}
	values, few := want[typ]
	if !few {
		return
	}
	var words []string
	for _, v := range values {
		words = append(words, fmt.Sprint(v))
	}
	var got []string
	for _, v := range anyList(p["enum"]) {
		got = append(got, fmt.Sprint(v))
	}
	require.ElementsMatch(d.t, words, got, at)
}
