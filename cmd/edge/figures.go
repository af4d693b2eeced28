package main

import (
	"context"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/edge"
)

// gatewayFigures are what is read of a gateway when Prometheus asks.
func gatewayFigures() []monitor.Figure {
	lane, kiosk := []string{"lane"}, []string{"kiosk"}
	return []monitor.Figure{
		{Name: "mirrorcart_outbox_events", Help: "Events that headquarters has not confirmed.", Labels: lane},
		{Name: "mirrorcart_outbox_oldest_seconds", Help: "Age of the oldest of them; 0 where there is none.", Labels: lane},
		{Name: "mirrorcart_line_up", Help: "1 while headquarters answers; missing in a shop without a line."},
		{Name: "mirrorcart_clock_offset_seconds", Help: "How far headquarters' clock is ahead; missing until it has told the time."},
		{Name: "mirrorcart_clock_synchronised", Help: "1 while the clock follows a time server."},
		{Name: "mirrorcart_receipt_series", Help: "The receipt series. It goes up with every new epoch: a backup was put back, or the machine changed."},
		{Name: "mirrorcart_database_bytes", Help: "The database and its WAL on the disk.", Labels: []string{"file"}},
		{Name: "mirrorcart_disk_free_bytes", Help: "Room on the database's disk."},
		{Name: "mirrorcart_disk_size_bytes", Help: "Size of the database's disk."},
		{Name: "mirrorcart_disk_short", Help: "1 while photos and backups wait, so that sales have room."},
		{Name: "mirrorcart_backup_timestamp_seconds", Help: "When the newest backup was made; missing where there is none."},
		{Name: "mirrorcart_certificate_end_timestamp_seconds", Help: "When a certificate that the gateway shows runs out, by whom it is shown to; missing where there is none.", Labels: []string{"to"}},
		{Name: "mirrorcart_printer_ready", Help: "1 while the ticket printer prints; missing in a shop without one."},
		{Name: "mirrorcart_printer_jobs", Help: "Tickets that wait, or that somebody must decide about.", Labels: []string{"state"}},
		{Name: "mirrorcart_faults", Help: "What is out of order while the till sells on, by part.", Labels: []string{"part"}},
		{Name: "mirrorcart_staff_sessions", Help: "Clerks who are signed in."},

		{Name: "mirrorcart_kiosk_in_use", Help: "1 while somebody is at the kiosk.", Labels: kiosk},
		{Name: "mirrorcart_camera_ok", Help: "1 while the camera's pictures are good.", Labels: kiosk},
		{Name: "mirrorcart_governor_level", Help: "How much less effort the mirror makes because of overload; 0 is all of it.", Labels: kiosk},
		{Name: "mirrorcart_frames_per_second", Help: "Pictures the mirror made, over four seconds.", Labels: kiosk},
		{Name: "mirrorcart_frames_total", Help: "Frames that were looked at.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_frames_drawn_total", Help: "Frames that the look was drawn on.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_frames_dropped_total", Help: "Frames that a newer one replaced before they were looked at.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_frames_skipped_total", Help: "Frames left out because of overload.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_frames_failed_total", Help: "Frames that could not be tracked, drawn on or encoded.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_faces_total", Help: "Faces found, summed over the frames.", Count: true, Labels: kiosk},
		{Name: "mirrorcart_viewers", Help: "Screens that look at the mirror.", Labels: kiosk},
		{Name: "mirrorcart_viewer_dropped_total", Help: "Pictures that a screen was too slow for.", Count: true, Labels: kiosk},
	}
}

// figures tells all of them.
func (g *gateway) figures(ctx context.Context, tell monitor.Tell) error {
	err := errors.Join(g.lineFigures(ctx, tell), g.printerFigures(ctx, tell))
	g.machineFigures(tell)
	parts := map[string]int{}
	for _, f := range g.faults() {
		parts[f.Part]++
	}
	for part, n := range parts {
		tell("mirrorcart_faults", float64(n), part)
	}
	tell("mirrorcart_staff_sessions", float64(g.api.SignedIn()))
	for _, s := range g.stations {
		s.figures(tell)
	}
	return err
}

func (g *gateway) lineFigures(ctx context.Context, tell monitor.Tell) error {
	tell("mirrorcart_receipt_series", float64(g.db.Series()))
	if g.uplink == nil {
		return nil // nothing waits
	}
	up, _ := g.line()
	tell("mirrorcart_line_up", monitor.Bool(up))
	if ahead, ok := g.uplink.ClockOffset(); ok {
		tell("mirrorcart_clock_offset_seconds", ahead.Seconds())
	}
	for _, lane := range edge.Lanes() {
		n, oldest, err := g.db.Waiting(ctx, lane)
		if err != nil {
			return err
		}
		age := time.Duration(0)
		if n > 0 {
			age = max(time.Since(oldest), 0)
		}
		tell("mirrorcart_outbox_events", float64(n), string(lane))
		tell("mirrorcart_outbox_oldest_seconds", age.Seconds(), string(lane))
	}
	return nil
}

func (g *gateway) machineFigures(tell monitor.Tell) {
	tell("mirrorcart_clock_synchronised", monitor.Bool(clockFollows()))
	file, wal := g.db.Size()
	tell("mirrorcart_database_bytes", float64(file), "database")
	tell("mirrorcart_database_bytes", float64(wal), "wal")
	free, size := diskRoom(g.cfg.DataDir)
	tell("mirrorcart_disk_free_bytes", float64(free))
	tell("mirrorcart_disk_size_bytes", float64(size))
	tell("mirrorcart_disk_short", monitor.Bool(g.db.Disk().Short))
	certificateFigures(g.cfg, tell)
	if at := g.backups.Last(); !at.IsZero() {
		tell("mirrorcart_backup_timestamp_seconds", float64(at.Unix()))
	}
}

func (g *gateway) printerFigures(ctx context.Context, tell monitor.Tell) error {
	if g.desk == nil {
		return nil
	}
	s, err := g.desk.Status(ctx)
	if err != nil {
		return err
	}
	tell("mirrorcart_printer_ready", monitor.Bool(s.State == edge.PrinterReady || s.State == edge.PrinterPaperLow))
	tell("mirrorcart_printer_jobs", float64(s.Waiting), "waiting")
	tell("mirrorcart_printer_jobs", float64(s.Asks), "asks")
	return nil
}

// figures tells those of one kiosk.
func (s *station) figures(tell monitor.Tell) {
	kiosk := s.plain.kiosk
	m, v := s.mirror.pipeline.Stats(), s.mirror.hub.Stats()
	for name, value := range map[string]float64{
		"mirrorcart_kiosk_in_use":         monitor.Bool(s.kiosk.InUse()),
		"mirrorcart_camera_ok":            monitor.Bool(m.Camera && m.CameraFault == ""),
		"mirrorcart_governor_level":       float64(m.Level),
		"mirrorcart_frames_per_second":    m.FPS,
		"mirrorcart_frames_total":         float64(m.Frames),
		"mirrorcart_frames_drawn_total":   float64(m.Drawn),
		"mirrorcart_frames_dropped_total": float64(m.Dropped),
		"mirrorcart_frames_skipped_total": float64(m.Skipped),
		"mirrorcart_frames_failed_total":  float64(m.Failed),
		"mirrorcart_faces_total":          float64(m.Faces),
		"mirrorcart_viewers":              float64(v.Viewers),
		"mirrorcart_viewer_dropped_total": float64(v.Dropped),
	} {
		tell(name, value, kiosk)
	}
}
