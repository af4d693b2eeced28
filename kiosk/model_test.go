package kiosk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// fakeModel wears looks as JSON.
type fakeModel struct {
	drawn int
	err   error
}

func (m *fakeModel) Wear(_ context.Context, look ar.Look) ([]byte, error) {
	m.drawn++
	if m.err != nil {
		return nil, m.err
	}
	return json.Marshal(look)
}

func TestModelWearsWhatIsAskedFor(t *testing.T) {
	f := newFixture(t, nil)
	f.refused(edge.NotFound, "GET", "/kiosk/v1/model", "")
	m := &fakeModel{}
	f.kiosk.cfg.Model = m
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	require.Contains(t, f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`), `"model":true`)

	bare := f.ok("GET", "/kiosk/v1/model", "")
	const path = "/kiosk/v1/model?sku=LIP-1&sku=GLS-1&intensity=0.5"
	w := f.do("GET", path, "")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Equal(t, "image/jpeg", w.Header().Get("Content-Type"))
	require.Equal(t, "private, max-age=3600", w.Header().Get("Cache-Control"))
	var look ar.Look
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &look))
	require.Equal(t, []ar.Kind{ar.Lipstick, ar.Glasses}, []ar.Kind{look.Layers[0].Kind, look.Layers[1].Kind})
	require.InDelta(t, 0.5, look.Layers[0].Intensity, 1e-9)
	require.Empty(t, f.mirror.look.Layers, "the mirror wears nothing of it")

	require.Equal(t, w.Body.String(), f.ok("GET", path, ""))
	require.Equal(t, bare, f.ok("GET", "/kiosk/v1/model", ""))
	require.Equal(t, 2, m.drawn, "what was drawn is not drawn again")

	f.refused(edge.Invalid, "GET", "/kiosk/v1/model?intensity=much", "")
	f.refused(edge.Invalid, "GET", "/kiosk/v1/model?sku=LIP-1&intensity=7", "")
	f.refused(edge.NotFound, "GET", "/kiosk/v1/model?sku=NONE", "")
	f.remote = "192.0.2.7:4000"
	f.refused(edge.Forbidden, "GET", path, "")
}

func TestModelThatCannotBeDrawn(t *testing.T) {
	f := newFixture(t, nil)
	m := &fakeModel{err: context.DeadlineExceeded}
	f.kiosk.cfg.Model = m
	f.refused(edge.Unavailable, "GET", "/kiosk/v1/model", "")
	m.err = errors.New("no")
	f.refused(edge.Internal, "GET", "/kiosk/v1/model", "")
	m.err = nil
	f.ok("GET", "/kiosk/v1/model", "")
}

func TestPicturesKeepTheNewest(t *testing.T) {
	var p pictures
	name := func(i int) string { return string(rune('a' + i)) }
	for i := range mostWorn + 2 {
		p.put(name(i), []byte(name(i)))
	}
	require.Nil(t, p.get(name(0)))
	require.Nil(t, p.get(name(1)))
	require.NotNil(t, p.get(name(2)))
	require.Len(t, p.drawn, mostWorn)
}
