package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/fake"
	"github.com/mirrorcart/mirrorcart/ar/push"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// fakeCamera is the camera.source that shows a test card.
const fakeCamera = "fake"

// source is a kiosk's camera as it is set up.
type source struct {
	cfg    camera.Config
	open   ar.OpenFunc
	health ar.HealthConfig
	tablet *push.Source // nil unless a tablet is the camera
}

// newSource makes what opens the camera; it is not opened yet.
func newSource(cfg firmwarecfg.Camera, log *slog.Logger) (*source, error) {
	s := &source{cfg: camera.Config{
		Source: cfg.Source, Width: cfg.Width, Height: cfg.Height, Rotate: cfg.Rotate,
		FPS: cfg.FPS, Format: camera.Format(cfg.Format), Controls: camera.Controls{PowerLine: cfg.Controls.PowerLine},
	}}
	for _, c := range []struct {
		to   *camera.Control
		text string
	}{
		{&s.cfg.Controls.Exposure, cfg.Controls.Exposure},
		{&s.cfg.Controls.WhiteBalance, cfg.Controls.WhiteBalance},
		{&s.cfg.Controls.Gain, cfg.Controls.Gain},
		{&s.cfg.Controls.Focus, cfg.Controls.Focus},
	} {
		var err error
		if c.to.Set, c.to.Auto, c.to.Value, err = firmwarecfg.ParseControl(c.text); err != nil {
			return nil, err
		}
	}
	s.health = ar.HealthConfig{Width: cfg.Width, Height: cfg.Height, Live: s.cfg.Live()}
	switch cfg.Source {
	case fakeCamera:
		s.open = func(context.Context) (ar.Camera, error) {
			return &fake.Camera{Width: cfg.Width, Height: cfg.Height, FPS: 30}, nil
		}
	case firmwarecfg.PushCamera:
		s.tablet = push.NewSource(func() push.Decoder { return camera.NewDecoder(s.cfg) }, log)
		s.open, s.health.Live = s.tablet.Open, true
	default:
		s.open = func(ctx context.Context) (ar.Camera, error) { return camera.Open(ctx, s.cfg) }
	}
	return s, nil
}

// try opens the camera once and reads one frame, so that a wrong setting is told
// at the start and not on the kiosk's screen. A tablet comes when it comes.
func (s *source) try(ctx context.Context) error {
	if s.tablet != nil {
		return nil
	}
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	var f ar.Frame
	return errors.Join(c.Read(ctx, &f), c.Close())
}
