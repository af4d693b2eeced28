package api

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

type object = map[string]any

// description is the served OpenAPI document.
type description struct {
	t   *testing.T
	doc object
}

func (a *app) description() description {
	var doc object
	a.json("/openapi.json", &doc)
	return description{a.t, doc}
}

// at finds what lies at a path of the document.
func (d description) at(path ...string) any {
	d.t.Helper()
	var v any = d.doc
	for _, p := range path {
		o, ok := v.(object)
		require.True(d.t, ok, "%v", path)
		v, ok = o[p]
		require.True(d.t, ok, "%v is not described", path)
	}
	return v
}

func (d description) resolve(v any) object {
	d.t.Helper()
	o := v.(object)
	if ref, ok := o["$ref"].(string); ok {
		return d.resolve(d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
	}
	return o
}

var parameter = regexp.MustCompile(`:(\w+)`)

func TestDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	a := newApp(t, hqtest.Open(t))
	d := a.description()
	require.Equal(t, "3.1.0", d.at("openapi"))
	var described, served []string
	for path, item := range d.at("paths").(object) {
		for method := range item.(object) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range a.engine.Routes() {
		served = append(served, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
	}
	require.ElementsMatch(t, served, described)

	for _, r := range a.api.routes() {
		path := parameter.ReplaceAllString(r.path, "{$1}")
		op := d.at("paths", path, strings.ToLower(r.method)).(object)
		query, inPath := []string{}, []string{}
		params, _ := op["parameters"].([]any)
		for _, p := range params {
			switch p := d.resolve(p); p["in"] {
			case "query":
				query = append(query, p["name"].(string))
			case "path":
				inPath = append(inPath, p["name"].(string))
			}
		}
		require.ElementsMatch(t, r.query, query, path)
		var names []string
		for _, m := range parameter.FindAllStringSubmatch(r.path, -1) {
			names = append(names, m[1])
		}
		require.ElementsMatch(t, names, inPath, path)
		security, own := op["security"].([]any)
		switch r.right {
		case account.Anyone:
			require.Equal(t, []any{}, security, path)
		case account.Look:
			require.False(t, own, path)
		case account.Operate:
			require.Contains(t, security[0].(object), "operator", path)
		case account.Catalogue:
			require.Contains(t, security[0].(object), "merchandiser", path)
		case account.Staff:
			require.Contains(t, security[0].(object), "manager", path)
		case account.Accounts:
			require.Contains(t, security[0].(object), "admin", path)
		}
		require.NotEmpty(t, op["summary"], path)
	}
}

func TestUnknownParametersAreRefused(t *testing.T) {
	a := newApp(t, hqtest.Open(t))
	for _, r := range a.api.routes() {
		if r.method != http.MethodGet {
			continue
		}
		resp := a.request(r.method, parameter.ReplaceAllString(r.path, "x")+"?nope=1", adminToken, "")
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, errors.Join(err, resp.Body.Close()))
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, r.path)
		require.Contains(t, string(body), `no parameter \"nope\"`)
	}
}

// schemaNames are the types whose schemas do not have their name.
var schemaNames = map[reflect.Type]string{
	reflect.TypeFor[Receipt]():      "SaleEntry",
	reflect.TypeFor[ZReport]():      "ZReportEntry",
	reflect.TypeFor[edge.Receipt](): "ReceiptNumber",
	reflect.TypeFor[Order]():        "OrderEntry",
	reflect.TypeFor[talk.Item]():    "ChatItem",
	reflect.TypeFor[talk.Order]():   "ChatOrder",
}

// TestDescriptionHasEveryFieldAndNoOther holds the schemas to the types that
// are written, both ways.
func TestDescriptionHasEveryFieldAndNoOther(t *testing.T) {
	d := newApp(t, hqtest.Open(t)).description()
	seen := map[string]bool{"Error": true, "EventPage": true, "SalePage": true, "ZReportPage": true, "AuditPage": true, "DiscrepancyPage": true, "PriceDifferencePage": true, "IncidentPage": true, "SetAsidePage": true, "StockPage": true, "ShopPage": true, "PullResults": true, "ConversationList": true, "PaymentPage": true, "SeenTransfers": true, "RefundsDue": true, "RefundsGiven": true, "OrderPage": true, "OrderState": true, "ActList": true, "StaffList": true, "CatalogueList": true, "BundleList": true, "RolloutList": true, "RolloutGatewayList": true}
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || scalar(typ) {
			return
		}
		name := schemaNames[typ]
		if name == "" {
			name = typ.Name()
		}
		if seen[name] {
			return
		}
		seen[name] = true
		schema := d.at("components", "schemas", name).(object)
		properties := schema["properties"].(object)
		var names, always []string
		for _, f := range fieldsOf(typ) {
			names = append(names, f.name)
			if !f.optional {
				always = append(always, f.name)
			}
			p, ok := properties[f.name].(object)
			require.True(t, ok, "%s.%s is not described", name, f.name)
			if ref, ok := p["$ref"].(string); ok {
				require.NotEmpty(t, d.resolve(object{"$ref": ref}))
			} else if want := jsonType(f.typ); want != "" && p["type"] != nil {
				require.Equal(t, want, p["type"], "%s.%s", name, f.name)
			}
			if !free(p) {
				check(f.typ)
			}
		}
		require.ElementsMatch(t, names, slices.Collect(maps.Keys(properties)), name)
		required := []string{}
		list, _ := schema["required"].([]any)
		for _, r := range list {
			required = append(required, r.(string))
		}
		require.ElementsMatch(t, always, required, "required of %s", name)
	}
	for _, v := range []any{
		Event{},
		Receipt{},
		edge.Sale{},
		edge.Void{},
		edge.Refund{},
		ZReport{},
		edge.ZReport{},
		Audit{},
		Discrepancy{},
		PriceDifference{},
		Incident{},
		SetAside{},
		Stock{},
		Shop{},
		PullOrder{},
		hq.Pull{},
		PullResult{},
		cloudsync.Result{},
		Talk{},
		Conversation{},
		ChatReply{},
		BankPayment{},
		PaymentSettlement{},
		SeenTransfer{},
		edge.RefundDue{},
		GivingBack{},
		hq.GivenBack{},
		Order{},
		edge.Order{},
		edge.Contact{},
		OrderMove{},
		PersonRequest{},
		hq.SignedDeletion{},
		hq.Deletion{},
		hq.PersonExport{},
		account.Act{},
		StaffMember{},
		StaffPut{},
		Catalogue{},
		CatalogueUndo{},
		CatalogueIssued{},
		rollout.Fleet{},
		Rollout{},
		rollout.Machine{},
	} {
		check(reflect.TypeOf(v))
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(d.at("components", "schemas").(object))), slices.Collect(maps.Keys(seen)))
}

// free reports whether a schema leaves open what is in its objects.
func free(schema object) bool {
	items, _ := schema["items"].(object)
	return schema["additionalProperties"] == true || items["additionalProperties"] == true
}

func scalar(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || t.Implements(reflect.TypeFor[json.Marshaler]())
}

func jsonType(t reflect.Type) string {
	if t == reflect.TypeFor[json.RawMessage]() {
		return ""
	}
	if t.Kind() == reflect.Pointer {
		return jsonType(t.Elem())
	}
	if scalar(t) {
		return "string"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "integer"
}

type fieldOf struct {
	name     string
	typ      reflect.Type
	optional bool
}

func fieldsOf(t reflect.Type) (list []fieldOf) {
	for f := range t.Fields() {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			list = append(list, fieldsOf(f.Type)...)
		default:
			list = append(list, fieldOf{name, f.Type, strings.Contains(opts, "omit")})
		}
	}
	return list
}

// conforms holds a value to its schema; what is not described is a fault too.
func (d description) conforms(v any, s any, where string) error {
	schema := d.resolve(s)
	if any, ok := schema["oneOf"].([]any); ok {
		var errs []string
		for _, one := range any {
			err := d.conforms(v, one, where)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s", strings.Join(errs, "; or "))
	}
	if values, ok := schema["enum"].([]any); ok && !slices.Contains(values, v) {
		return fmt.Errorf("%s is %v", where, v)
	}
	switch v := v.(type) {
	case object:
		return d.objectConforms(v, schema, where)
	case []any:
		if schema["type"] != "array" {
			return fmt.Errorf("%s is an array", where)
		}
		for i, item := range v {
			if err := d.conforms(item, schema["items"], fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); schema["format"] == "date-time" && err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if schema["type"] != "string" {
			return fmt.Errorf("%s is a string", where)
		}
	case float64:
		if schema["type"] != "integer" || v != float64(int64(v)) {
			return fmt.Errorf("%s is %v", where, v)
		}
	case bool:
		if schema["type"] != "boolean" {
			return fmt.Errorf("%s is a truth", where)
		}
	default:
		return fmt.Errorf("%s is %v", where, v)
	}
	return nil
}

func (d description) objectConforms(v, schema object, where string) error {
	properties, ok := schema["properties"].(object)
	if !ok { // anything
		return nil
	}
	required, _ := schema["required"].([]any)
	for _, r := range required {
		if _, ok := v[r.(string)]; !ok {
			return fmt.Errorf("%s lacks %s", where, r)
		}
	}
	for name, value := range v {
		p, ok := properties[name]
		if !ok {
			return fmt.Errorf("%s.%s is not described", where, name)
		}
		if o, _ := p.(object); o["type"] == nil && o["$ref"] == nil && o["oneOf"] == nil {
			continue // anything
		}
		if err := d.conforms(value, p, where+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func TestAnswersAreAsDescribed(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	d := a.description()
	g := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	g.Day(time.Now())
	answer := func(method, path, target, token, body, status string) object {
		t.Helper()
		resp := a.request(method, target, token, body)
		defer resp.Body.Close()
		require.Equal(t, status, fmt.Sprint(resp.StatusCode), target)
		var v object
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&v))
		described := d.resolve(d.at("paths", path, strings.ToLower(method), "responses", status))
		schema := described["content"].(object)["application/json"].(object)["schema"]
		require.NoError(t, d.conforms(v, schema, path))
		return v
	}
	for path, rows := range map[string]string{
		"/v1/events": "events", "/v1/sales": "sales", "/v1/z-reports": "z_reports", "/v1/stock": "stock", "/v1/shops": "shops",
	} {
		v := answer(http.MethodGet, path, path, readerToken, "", "200")
		require.NotEmpty(t, v[rows], path)
		answer(http.MethodGet, path, path+"?limit=0", readerToken, "", "400")
		answer(http.MethodGet, path, path, "wrong", "", "401")
	}
	const pulls = "/v1/shops/{shop}/pulls"
	answer(http.MethodPost, pulls, "/v1/shops/hanoi-1/pulls", readerToken, `{"kind":"snapshot"}`, "403")
	answer(http.MethodPost, pulls, "/v1/shops/nowhere/pulls", operatorToken, `{"kind":"snapshot"}`, "404")
	answer(http.MethodPost, pulls, "/v1/shops/hanoi-1/pulls", operatorToken, `{"kind":"`+strings.Repeat("x", maxBody)+`"}`, "413")
	for _, body := range []string{``, `{}`, `{"kind":"range"}`, `{"kind":"snapshot","nope":1}`, `{"kind":"range","from":"yesterday"}`, `{"kind":"snapshot"} more`, `{"kind":"range","from":"0"}`} {
		answer(http.MethodPost, pulls, "/v1/shops/hanoi-1/pulls", operatorToken, body, "400")
	}
	for _, body := range []string{
		`{"kind":"snapshot"}`, `{"kind":"diagnostics","node":"hanoi-gw-1"}`, `{"kind":"digest","lane":"ops","from":"1","to":"9"}`,
		`{"kind":"range","from":"2026-01-01T00:00:00+07:00","to":"2030-01-01T00:00:00+07:00"}`,
	} {
		p := answer(http.MethodPost, pulls, "/v1/shops/hanoi-1/pulls", operatorToken, body, "202")
		require.Equal(t, "waiting", p["phase"])
		require.NotEmpty(t, p["commands"])
		id := p["id"].(string)
		answer(http.MethodGet, "/v1/pulls/{id}", "/v1/pulls/"+id, readerToken, "", "200")
		answer(http.MethodGet, "/v1/pulls/{id}/results", "/v1/pulls/"+id+"/results", readerToken, "", "200")
	}
	answer(http.MethodGet, "/v1/pulls/{id}", "/v1/pulls/nobody", readerToken, "", "404")

	for _, name := range []string{"events", "sales", "z-reports", "stock"} {
		path := "/v1/" + name + "/export"
		resp, body := a.get(path)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		schema := d.at("paths", path, "get", "responses", "200", "content", "application/x-ndjson", "schema")
		require.NotEmpty(t, body)
		for line := range strings.Lines(body) {
			var v object
			require.NoError(t, json.Unmarshal([]byte(line), &v))
			require.NoError(t, d.conforms(v, schema, path))
		}
	}
}
