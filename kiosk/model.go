package kiosk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	modelWait = 10 * time.Second // how long a picture of the model may take
	modelKept = time.Hour        // how long a screen keeps one
	mostWorn  = 64               // pictures that are kept: some 10 MB
)

// model is somebody in a picture who wears looks for a shopper who goes without
// the camera.
type model interface {
	// Wear draws look and encodes the picture as JPEG.
	Wear(ctx context.Context, look ar.Look) ([]byte, error)
}

// getModel shows the model wearing what is asked for: ?sku=…&sku=…, intensity and
// look_id as putLook takes them. No shopper is in it, so it needs no session.
func (k *Kiosk) getModel(c *gin.Context) {
	const op = "kiosk.model"
	if k.cfg.Model == nil {
		k.cfg.Fail(c, edge.Errorf(op, edge.NotFound, "this shop shows no model: set brand.model in shop.yaml"))
		return
	}
	o := outfit{intensity: defaultIntensity, look: c.Query("look_id")}
	for _, sku := range c.QueryArray("sku") {
		o.skus = append(o.skus, edge.SKU(sku))
	}
	var err error
	if text, ok := c.GetQuery("intensity"); ok {
		if o.intensity, err = strconv.ParseFloat(text, 64); err != nil {
			k.cfg.Fail(c, edge.Errorf(op, edge.Invalid, "intensity %.10q: want a number from 0 to 1", text))
			return
		}
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), modelWait)
	defer cancel()
	jpeg, err := k.modelWearing(ctx, o)
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	c.Header("Cache-Control", "private, max-age="+strconv.Itoa(int(modelKept.Seconds())))
	c.Data(http.StatusOK, "image/jpeg", jpeg)
}

func (k *Kiosk) modelWearing(ctx context.Context, o outfit) ([]byte, error) {
	r, err := k.cfg.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	look, err := lookOf(r, o)
	if err != nil {
		return nil, err
	}
	key, err := json.Marshal(look)
	if err != nil {
		return nil, err
	}
	if jpeg := k.worn.get(string(key)); jpeg != nil {
		return jpeg, nil
	}
	jpeg, err := k.cfg.Model.Wear(ctx, look)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &edge.Error{Op: "kiosk.model", Kind: edge.Unavailable, Msg: "the model's picture takes too long: try again", Err: err}
	}
	if err != nil {
		return nil, err
	}
	k.worn.put(string(key), jpeg)
	return jpeg, nil
}

// pictures keeps what was drawn last, so that going back and forth between
// shades draws nothing. Its zero value is empty.
type pictures struct {
	mu    sync.Mutex
	drawn map[string][]byte
	order []string // oldest first
}

func (p *pictures) get(key string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drawn[key]
}

func (p *pictures) put(key string, picture []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn == nil {
		p.drawn = map[string][]byte{}
	}
	if p.drawn[key] == nil {
		p.order = append(p.order, key)
	}
	p.drawn[key] = picture
	if len(p.order) > mostWorn {
		delete(p.drawn, p.order[0])
		p.order = p.order[1:]
	}
}
