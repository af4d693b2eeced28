package rig

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
)

// SyncReport is what Sync measured.
type SyncReport struct {
	Sync `json:"-"`

	Events        int       `json:"events"` // drained, of all kinds
	Sales         int       `json:"sales"`  // among them
	EventsPerS    float64   `json:"events_per_s"`
	BytesPerEvent float64   `json:"bytes_per_event"` // of payload, on the way up
	BytesPerSale  float64   `json:"bytes_per_sale"`  // the same, with the events of its cart
	AckMS         Quantiles `json:"ack_ms"`          // from a sale's request to headquarters' ack in the shop's database
	Account
	RSS        Memory   `json:"rss_mb"`
	ReconnectS *float64 `json:"reconnect_s,omitempty"`
}

// Print writes the table.
func (r *SyncReport) Print(w io.Writer) error {
	reconnect := ""
	if r.ReconnectS != nil {
		reconnect = fmt.Sprintf("  back       %8.1f s after the broker's restart every shop has sold and headquarters has it\n", *r.ReconnectS)
	}
	_, err := fmt.Fprintf(w, `%d events of %d sales in %d shops, over %s to %d collectors on %s

  drain      %8.0f events a second, from the shops' disks to headquarters' signed acks
  line       %8.1f bytes an event, %.1f a sale without its cart
  ack    p50 %8.1f ms   p99 %.1f, of %d single sales: from the button to headquarters' word
  memory     %8.0f MB resident before, %.0f at most: shops, collectors and all else in this process
%s  lost       %8d
  doubled    %8d
  gaps       %8d
`, r.Events, r.Sales, r.Shops, r.Broker, r.Collectors, r.Database,
		r.EventsPerS, r.BytesPerEvent, r.BytesPerSale, r.AckMS.P50, r.AckMS.P99, r.Singles,
		r.RSS.Before, r.RSS.Peak, reconnect, r.Lost, r.Doubled, r.Gaps)
	return err
}

// Memory is what a process occupied before it did something and, at most,
// meanwhile, in megabytes.
type Memory struct {
	Before float64 `json:"before"`
	Peak   float64 `json:"peak"`
}

// memoryWatch watches this process's memory.
type memoryWatch struct{ before float64 }

// watchMemory begins to watch: the kernel keeps the peak.
func watchMemory() (memoryWatch, error) {
	const fromHere = "5"
	if err := os.WriteFile("/proc/self/clear_refs", []byte(fromHere), 0); err != nil {
		return memoryWatch{}, fmt.Errorf("resident memory: %w", err)
	}
	before, err := statusMB("VmRSS:")
	return memoryWatch{before}, err
}

func (m memoryWatch) stop() (Memory, error) {
	peak, err := statusMB("VmHWM:")
	return Memory{m.before, peak}, err
}

func statusMB(key string) (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	_, after, _ := bytes.Cut(status, []byte(key))
	line, _, _ := bytes.Cut(after, []byte("kB"))
	kb, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	return float64(kb) / 1024, nil
}
