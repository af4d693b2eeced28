package web

import (
	"context"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

// pullView is a pull in words.
type pullView struct {
	ID, Title   string
	At          string
	Says        string
	Phase       string
	Over        bool
	Done, Total uint64 // Total is 0 while it is not known
	Steps       []stepView
}

type stepView struct{ Node, Op, State, Progress, Message string }

func (p *Pages) pulls(ctx context.Context, w words, now time.Time, shop string) ([]pullView, error) {
	pulls, err := p.HQ.Pulls(ctx, shop, pullsOnPage)
	if err != nil {
		return nil, err
	}
	list := make([]pullView, len(pulls))
	for i := range pulls {
		list[i] = p.pullView(w, now, &pulls[i])
	}
	return list, nil
}

func (p *Pages) pullView(w words, now time.Time, pull *hq.Pull) pullView {
	v := pullView{
		ID: pull.ID, Title: p.pullTitle(w, &pull.PullRequest), At: p.clock(pull.Created, now), Says: pullSays(w, pull), Phase: pull.Phase,
		Over: pull.Over, Done: min(pull.Done, pull.Total), Total: pull.Total,
	}
	for i := range pull.Commands {
		c := &pull.Commands[i]
		s := stepView{Node: c.Node, Op: w.known("op_", string(c.Op)), State: w.known("st_", string(c.Status)), Message: c.Message}
		if c.Total > 0 {
			s.Progress = w.T("pull_of", w.number(c.Done), w.number(c.Total))
		}
		v.Steps = append(v.Steps, s)
	}
	return v
}

func (p *Pages) pullTitle(w words, r *hq.PullRequest) string {
	day := func(t time.Time) string { return t.In(p.Zone).Format("02/01/2006") }
	switch {
	case r.Kind == hq.PullRange && !r.FromTime.IsZero() && !r.ToTime.IsZero():
		return w.T("pull_range_of", day(r.FromTime), day(r.ToTime))
	case r.Kind == hq.PullRange && !r.FromTime.IsZero():
		return w.T("pull_range_since", day(r.FromTime))
	case r.Kind == hq.PullRange:
		return w.T("pull_range_seq", r.FromSeq)
	}
	return w.known("pull_", r.Kind)
}

// pullSays is how a pull stands, or what came of it.
func pullSays(w words, pull *hq.Pull) string {
	switch {
	case pull.Phase == hq.PullFailed:
		return w.T("pull_failed", pull.Message)
	case pull.Phase == hq.PullWaiting:
		return w.T("pull_waiting")
	case pull.Phase == hq.PullComparing && pull.Total > 0, pull.Phase == hq.PullSending && pull.Total > 0:
		return w.known("pull_", pull.Phase) + ": " + w.T("pull_of", w.number(min(pull.Done, pull.Total)), w.number(pull.Total))
	case pull.Phase != hq.PullDone:
		return w.known("pull_", pull.Phase)
	case pull.Kind == hq.PullDigest && pull.Differing == 0:
		return w.T("pull_same")
	case pull.Kind == hq.PullDigest:
		return w.T("pull_differed", pull.Differing, w.number(pull.Done))
	case pull.Kind == hq.PullRange && pull.Done == 0:
		return w.T("pull_none")
	case pull.Kind == hq.PullRange:
		return w.T("pull_came", w.number(pull.Done))
	}
	return w.T("pull_told")
}
