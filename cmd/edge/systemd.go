package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// part is something of the gateway that people wait for.
type part struct {
	name string
	// answers returns when the part has answered, if only with an error: those are
	// told elsewhere, and starting anew would not mend them. While the part hangs
	// it does not return.
	answers func(context.Context) error
}

// underSystemd tells systemd, if that has started the gateway (sd_notify(3)), when
// all parts answer for the first time, again and again that they still do, and when
// the gateway stops. When a part hangs nothing more is told, and systemd starts
// the gateway anew.
func underSystemd(ctx context.Context, parts []part, log *slog.Logger) error {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("systemd's watchdog: %w", err)
	}
	for state := daemon.SdNotifyReady; ; state = daemon.SdNotifyWatchdog {
		for _, p := range parts {
			if answered(ctx, p, limit, log); ctx.Err() != nil {
				_, err := daemon.SdNotify(false, daemon.SdNotifyStopping)
				return err
			}
		}
		told, err := daemon.SdNotify(false, state)
		if err != nil {
			log.ErrorContext(ctx, "systemd cannot be told that the gateway is alive", "err", err)
		} else if !told || limit == 0 {
			return nil // nobody listens, or wants to hear it again
		}
		select {
		case <-ctx.Done():
		case <-time.After(limit / 4):
		}
	}
}

// answered waits for the part. If it takes half of the time that systemd gives,
// the log names it.
func answered(ctx context.Context, p part, limit time.Duration, log *slog.Logger) {
	if limit > 0 {
		late := time.AfterFunc(limit/2, func() {
			log.ErrorContext(ctx, "a part does not answer; if it goes on, systemd starts the gateway anew", "part", p.name)
		})
		defer late.Stop()
	}
	_ = p.answers(ctx) // see part
}

// parts are the ledger, and each kiosk's pages and mirror.
func (g *gateway) parts() []part {
	list := []part{{"ledger", g.db.Turn}}
	for _, s := range g.stations {
		list = append(list, part{"pages of " + s.plain.kiosk, s.pagesAnswer}, part{"mirror of " + s.plain.kiosk, s.mirrorAnswers})
	}
	return list
}

// pagesAnswer asks as a browser does.
func (s *station) pagesAnswer(ctx context.Context) error {
	if s.plain.listener() == nil {
		return nil // it is tried again, and the status says so
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/api/v1/shop", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (s *station) mirrorAnswers(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-s.ended:
			stop()
		case <-ctx.Done():
		}
	}()
	return s.mirror.pipeline.Turn(ctx)
}
