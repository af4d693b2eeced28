package api

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// exportRows names a variable with how many rows the export of the memory test
// has; the long run has 1,000,000.
const exportRows = "MIRRORCART_TEST_EXPORT_ROWS"

// synthetic is an HQ with so many events, none of which lies anywhere.
type synthetic struct {
	Headquarters
	rows   int64
	fail   int64 // reading beyond this fails, if it is not 0
	read   atomic.Int64
	lastly func() // called with every page
}

func (s *synthetic) FindEvents(_ context.Context, _ hq.Filter, after int64, limit int) ([]hq.FoundEvent, hq.Span, error) {
	if s.lastly != nil {
		s.lastly()
	}
	if s.fail != 0 && after >= s.fail {
		return nil, hq.Span{}, errors.New("the disk has gone")
	}
	var list []hq.FoundEvent
	for pos := after + 1; pos <= s.rows && len(list) < limit; pos++ {
		e := hq.FoundEvent{Shop: "hanoi-1", Record: hq.Record{Cursor: pos, Received: time.UnixMilli(1)}}
		e.Event = edge.Event{
			Node: "gw-1", Epoch: "e1", Lane: edge.LaneSale, Seq: uint64(pos), ID: strconv.FormatInt(pos, 10), Type: edge.EventSale,
			Data: json.RawMessage(`{"text":"` + strings.Repeat("x", 400) + `"}`),
		}
		list = append(list, e)
	}
	s.read.Add(int64(len(list)))
	next := after + int64(len(list))
	return list, hq.Span{Next: next, More: next < s.rows}, nil
}

func (s *synthetic) LastEvent(context.Context) (int64, error) { return s.rows, nil }

func (s *synthetic) Watch() (<-chan struct{}, func()) { return nil, func() {} }

func TestExportNeedsNoMoreMemoryForMoreRows(t *testing.T) {
	rows := int64(50_000)
	if s := os.Getenv(exportRows); s != "" {
		var err error
		rows, err = strconv.ParseInt(s, 10, 64)
		require.NoError(t, err)
	}
	for format, rows := range map[string]int64{"ndjson": rows, "csv": rows / 5} {
		var most uint64
		pages := 0
		h := &synthetic{rows: rows}
		h.lastly = func() {
			if pages++; pages%10 != 0 {
				return
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		a := newApp(t, h)
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begun := time.Now()
		resp := a.request(http.MethodGet, "/v1/events/export?format="+format, readerToken, "", "Accept-Encoding", "identity")
		defer resp.Body.Close()
		lines, size := int64(0), int64(0)
		for s := bufio.NewScanner(resp.Body); s.Scan(); lines++ {
			size += int64(len(s.Bytes()))
		}
		if format == "csv" {
			lines-- // the head
		}
		require.Equal(t, rows, lines)
		require.Equal(t, positionCursor("events", rows), resp.Trailer.Get(nextCursor))
		require.Less(t, most, before.HeapAlloc+8<<20, "%d MB were streamed", size>>20)
		t.Logf("%s: %d rows, %d MB in %s, heap at most %d KB above %d KB", format, rows, size>>20, time.Since(begun).Round(time.Millisecond),
			(int64(most)-int64(before.HeapAlloc))>>10, before.HeapAlloc>>10)
	}
}

func TestReaderWhoStallsStopsTheReading(t *testing.T) {
	h := &synthetic{rows: 1_000_000}
	a := newApp(t, h, func(o *Options) { o.Patience = 500 * time.Millisecond })
	for _, target := range []string{"/v1/events/export", "/v1/feed?after=" + positionCursor("events", 0)} {
		h.read.Store(0)
		conn, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
		require.NoError(t, err)
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer %s\r\n\r\n", target, readerToken)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return h.read.Load() > 0 }, 2*time.Minute, time.Millisecond)
		require.Eventually(t, func() bool { return len(a.api.streams) == 0 }, 2*time.Minute, 10*time.Millisecond, "it is cut off")
		require.Less(t, h.read.Load(), int64(100_000), "what lies between is the system's buffers")

		// What came ends in the middle, and can be seen to.
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.Error(t, err)
		require.Empty(t, resp.Trailer.Get(nextCursor))
	}
}

func TestExportThatFailsDoesNotLookWhole(t *testing.T) {
	a := newApp(t, &synthetic{rows: 3000, fail: 2000})
	for _, coding := range []string{"identity", "gzip"} {
		resp := a.request(http.MethodGet, "/v1/events/export", readerToken, "", "Accept-Encoding", coding)
		defer resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		_, err := io.Copy(io.Discard, resp.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Empty(t, resp.Trailer.Get(nextCursor))
	}
	resp, body := newApp(t, &synthetic{rows: 10, fail: -1, lastly: nil}).get("/v1/events/export")
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.NotContains(t, body, "disk", "what went wrong inside is not shown")
}

func TestExportForms(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	g := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	g.Day(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	_, plain := a.get("/v1/sales/export?format=csv", "Accept-Encoding", "identity")
	resp, marked := a.get("/v1/sales/export?format=csv&bom=true", "Accept-Encoding", "identity")
	require.Equal(t, "\ufeff"+plain, marked)
	require.Contains(t, resp.Header.Get("Content-Type"), "text/csv; charset=utf-8")
	require.Contains(t, resp.Header.Get("Content-Disposition"), "sales.csv")
	table, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range table[0] {
		column[name] = i
	}
	sum := int64(0)
	var kinds []string
	for _, row := range table[1:] {
		n, err := strconv.ParseInt(row[column["amount"]], 10, 64)
		require.NoError(t, err)
		sum, kinds = sum+n, append(kinds, row[column["kind"]]+row[column["pieces"]])
	}
	require.Zero(t, sum, "all was given back")
	require.Equal(t, []string{"sale2", "sale2", "void-2", "refund-2"}, kinds)
	require.Equal(t, table[1][column["receipt"]], table[3][column["of"]])

	resp, packed := a.get("/v1/sales/export?format=csv", "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	z, err := gzip.NewReader(strings.NewReader(packed))
	require.NoError(t, err)
	unpacked, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, plain, string(unpacked))
	resp, _ = a.get("/v1/sales/export", "Accept-Encoding", "gzip;q=0")
	require.Empty(t, resp.Header.Get("Content-Encoding"))

	// Later exports go on where one ended.
	after := resp.Trailer.Get(nextCursor)
	require.NotEmpty(t, after)
	_, nothing := a.get("/v1/sales/export?after=" + after)
	require.Empty(t, nothing)
	sold := g.Sell(time.Now(), 1000)
	_, one := a.get("/v1/sales/export?after=" + after)
	require.Equal(t, 1, strings.Count(one, "\n"))
	require.Contains(t, one, sold.ID)

	for _, query := range []string{"format=xml", "bom=true", "format=csv&bom=maybe", "after=%20", "type=z", "from=yesterday", "shop=", "shop=a&shop=b"} {
		resp, body := a.get("/v1/sales/export?" + query)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, query)
		require.Contains(t, body, `"kind":"invalid"`)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                "plain",
		"=1+1":                 "'=1+1",
		"+84 90":               "'+84 90",
		"-2":                   "'-2",
		"@SUM(A1)":             "'@SUM(A1)",
		"\t=1":                 "'\t=1",
		"\r=1":                 "'\r=1",
		"  =1":                 "'  =1",
		"＝1":                   "'＝1",
		"\u3000＠x":             "'\u3000＠x",
		"|calc":                "'|calc",
		"a=1":                  "a=1",
		"":                     "",
		`=HYPERLINK("http:x")`: `'=HYPERLINK("http:x")`,
	} {
		require.Equal(t, want, cell(text))
	}
	require.Equal(t, "-5", cell(int64(-5)), "a number stays one")
	require.Equal(t, "", cell(time.Time{}))

	// What a shop sends arrives in one cell, whatever is in it.
	h := hqtest.Open(t)
	g := hqtest.NewGateway(t, h, "gw-1", "hanoi-1")
	evil := edge.StockMove{SKU: "=cmd|'/c calc'!A1", Delta: 1, Reason: edge.StockGoodsIn, Ref: "r\",\n=1", At: time.Now()}
	g.Event(time.Now(), edge.EventStock, evil)
	a := newApp(t, h)
	for _, list := range []string{"stock", "events"} {
		_, body := a.get("/v1/" + list + "/export?format=csv")
		table, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, table, 2, body)
		for _, c := range table[1] {
			require.NotRegexp(t, `^\s*[=+\-@]`, c)
		}
	}
}
