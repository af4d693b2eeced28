package kiosk

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// compare is what the shopper compares, in the shop's words.
type compare struct {
	mode    ar.CompareMode // empty is off
	at      float64
	skus    []edge.SKU // the shades, an empty one for none
	columns int
}

// compareView is a comparison as the page sees it. Freeze is what the mirror
// does now: it ends by itself.
type compareView struct {
	Mode    ar.CompareMode `json:"mode"`
	At      float64        `json:"at"`
	SKUs    []edge.SKU     `json:"skus"`
	Columns int            `json:"columns"`
	Freeze  bool           `json:"freeze"`
}

func (c compare) view(freeze bool) compareView {
	v := compareView{Mode: c.mode, At: c.at, SKUs: c.skus, Columns: c.columns, Freeze: freeze}
	if v.Mode == "" {
		v.Mode = ar.CompareOff
	}
	if v.SKUs == nil {
		v.SKUs = []edge.SKU{}
	}
	return v
}

// compareWish is what the page asks to compare.
type compareWish struct {
	Mode ar.CompareMode `json:"mode"`
	At   float64        `json:"at"` // split: 0–1 of the displayed picture's width
	// SKUs are two to four shades of one kind, in reading order; an empty one
	// is without.
	SKUs    []edge.SKU `json:"skus"`
	Columns int        `json:"columns"` // shades in a row
	Aspect  float64    `json:"aspect"`  // width by height of the place for them
	Freeze  bool       `json:"freeze"`
}

// putCompare shows the bare face beside the look, or several shades of one
// moment; with freeze, that moment stands still.
func (k *Kiosk) putCompare(c *gin.Context) {
	var in compareWish
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	var release *edge.Release
	if in.Mode == ar.CompareShades {
		var err error
		if release, err = k.cfg.Catalogue.Release(c.Request.Context()); err != nil {
			k.cfg.Fail(c, err)
			return
		}
	}
	s, err := k.session.compare(meant(c), in, release)
	k.answer(c, s, err)
}

func (k *Kiosk) postReplay(c *gin.Context) {
	s, err := k.session.replay(meant(c), true)
	k.answer(c, s, err)
}

func (k *Kiosk) deleteReplay(c *gin.Context) {
	s, err := k.session.replay(meant(c), false)
	k.answer(c, s, err)
}

// compare shows what in wishes, with shades of release r.
func (s *session) compare(of string, in compareWish, r *edge.Release) (snapshot, error) {
	const op = "kiosk.compare"
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.looking(op, of); err != nil {
		return snapshot{}, err
	}
	shown := ar.Compare{Mode: in.Mode, At: in.At, Columns: in.Columns, Aspect: in.Aspect, Freeze: in.Freeze}
	now := compare{mode: in.Mode, at: in.At}
	if in.Mode == ar.CompareShades {
		looks, err := s.shades(in.SKUs, r)
		if err != nil {
			return snapshot{}, err
		}
		shown.Looks, now.skus, now.columns = looks, slices.Clone(in.SKUs), in.Columns
	}
	if err := s.mirror.SetCompare(shown); err != nil {
		return snapshot{}, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the mirror cannot compare this", Err: err}
	}
	s.now.Compare = now
	s.touchLocked(false)
	return s.view(), nil
}

// shades are the looks of wearing each of skus in turn, which are of one kind,
// with all else that is worn.
func (s *session) shades(skus []edge.SKU, r *edge.Release) ([]ar.Look, error) {
	const op = "kiosk.compare"
	kind := ""
	for _, sku := range skus {
		if sku == "" {
			continue
		}
		v, err := tryOnVariant(r, sku)
		if err != nil {
			return nil, err
		}
		if kind != "" && kind != v.TryOn.Kind {
			return nil, edge.Errorf(op, edge.Invalid, "%s is no %s: compare things that are worn in the same place", sku, kind)
		}
		kind = v.TryOn.Kind
	}
	if kind == "" {
		return nil, edge.Errorf(op, edge.Invalid, "skus: name two to four shades of one kind")
	}
	var looks []ar.Look
	for _, sku := range skus {
		l, err := lookOf(r, s.now.Worn.orUsual().instead(r, sku, kind))
		if err != nil {
			return nil, err
		}
		looks = append(looks, l)
	}
	return looks, nil
}

// orUsual is the outfit, with the usual intensity where nothing was worn yet.
func (o outfit) orUsual() outfit {
	if len(o.skus) == 0 && o.intensity == 0 {
		o.intensity = defaultIntensity
	}
	return o
}

// replay records the mirror and plays it, or ends that.
func (s *session) replay(of string, on bool) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.looking("kiosk.replay", of); err != nil {
		return snapshot{}, err
	}
	s.mirror.SetReplay(on)
	s.touchLocked(false)
	return s.view(), nil
}

// looking reports why nobody looks into the mirror, for whoever holds s.mu.
func (s *session) looking(op, of string) error {
	if s.now.State != Mirroring {
		return edge.Errorf(op, edge.Conflict, "nobody is at the mirror: start a session first")
	}
	if !s.now.Camera {
		return edge.Errorf(op, edge.Forbidden, "the shopper chose to go without the camera")
	}
	return s.is(op, of)
}
