package headquarters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

const (
	lookEvery  = 200 * time.Millisecond
	lineEvery  = time.Second
	barWidth   = 30
	patienceHQ = 30 * time.Second // with a headquarters that does not answer meanwhile
)

// ErrNotConnected says that a shop was not there in time. What was asked stays
// asked.
var ErrNotConnected = errors.New("the shop is not connected")

// Follower watches a pull for a person.
type Follower struct {
	Client *Client
	Wait   time.Duration // for the shop to be there
	Out    io.Writer     // progress; nil for none
	Bar    bool          // Out is a terminal
}

// Follow waits until a pull is over. ErrNotConnected is in the error's chain
// where the shop was not there in time. Whatever ends the waiting, the pull goes
// on at headquarters.
func (f *Follower) Follow(ctx context.Context, id string) (*hq.Pull, error) {
	begun, answered, told := time.Now(), time.Now(), time.Time{}
	last := ""
	defer func() {
		if f.Bar && last != "" {
			fmt.Fprintln(f.Out)
		}
	}()
	for {
		p, err := f.Client.Pull(ctx, id)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("interrupted; the pull goes on at headquarters: see hq pull --follow %s", id)
		case err != nil && f.lasting(err) || err != nil && time.Since(answered) > patienceHQ:
			return nil, err
		case err == nil:
			answered = time.Now()
			if line := Progress(p); f.Out != nil && line != last && (f.Bar || p.Over || time.Since(told) >= lineEvery) {
				f.tell(line, last)
				last, told = line, time.Now()
			}
			if p.Over {
				return p, nil
			}
			if p.Phase == hq.PullWaiting && time.Since(begun) >= f.Wait {
				return p, fmt.Errorf("shop %s: %w within %s; it is asked as soon as it is, within a day: see hq pull --follow %s", p.Shop, ErrNotConnected, f.Wait, id)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

// lasting reports whether asking again cannot help.
func (f *Follower) lasting(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests
}

func (f *Follower) tell(line, last string) {
	if f.Bar {
		blank := strings.Repeat(" ", max(0, len([]rune(last))-len([]rune(line))))
		fmt.Fprintf(f.Out, "\r%s%s", line, blank)
		return
	}
	fmt.Fprintln(f.Out, line)
}

// Progress says how a pull stands, in a line.
func Progress(p *hq.Pull) string {
	line := fmt.Sprintf("%-9s", p.Phase)
	if p.Total > 0 {
		full := int(min(p.Done, p.Total) * barWidth / p.Total)
		line += fmt.Sprintf(" [%s%s] %3d %%  %d of %d", strings.Repeat("#", full), strings.Repeat("-", barWidth-full), min(p.Done, p.Total)*100/p.Total, p.Done, p.Total)
	}
	if p.Differing > 0 {
		line += fmt.Sprintf("  %d blocks differed", p.Differing)
	}
	return line
}
