package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	ingestAtOnce = 16 // requests being taken in, and large bodies being read
	downAtOnce   = 32 // downlink messages of one reply
)

// IngestHandler serves POST cloudsync.IngestPath: the way by which a shop sends
// whose broker cannot be reached. What comes is handled as if it had come from
// the broker, and what HQ would publish for the shop is the reply. Nobody signs
// in: every message is signed, and what is not authentic is refused.
//
// A request that is no list of messages is answered with status 400, 413 or
// 415, and one that cannot be taken now with 503; it is sent again then.
//
// Whoever sends slowly takes a place among those who are read, of which there are
// many, and holds little memory; it keeps nobody from being taken in.
func (h *HQ) IngestHandler() http.Handler {
	return &ingest{hq: h, bodies: newBodies(), taking: make(chan struct{}, ingestAtOnce)}
}

// ingest has a place for each request at each of its stages.
type ingest struct {
	hq     *HQ
	bodies bodies
	taking chan struct{}
}

func (i *ingest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuseHTTP(w, http.StatusMethodNotAllowed, edge.Invalid, "send batches with POST")
		return
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != cloudsync.MessagesType {
		refuseHTTP(w, http.StatusUnsupportedMediaType, edge.Invalid, "the body must be "+cloudsync.MessagesType)
		return
	}
	body, err := i.bodies.read(http.MaxBytesReader(w, r.Body, int64(cloudsync.MaxPost)))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		refuseHTTP(w, http.StatusRequestEntityTooLarge, edge.TooLarge, fmt.Sprintf("a body has at most %d bytes: send fewer messages at once", cloudsync.MaxPost))
		return
	}
	if errors.Is(err, errBusy) {
		refuseBusy(w)
		return
	}
	if err != nil {
		refuseHTTP(w, http.StatusBadRequest, edge.Invalid, "the body breaks off")
		return
	}
	list, err := cloudsync.DecodeMessages(body)
	if err != nil {
		refuseHTTP(w, http.StatusBadRequest, edge.Invalid, err.Error())
		return
	}
	if !seat(i.taking) {
		refuseBusy(w)
		return
	}
	defer func() { <-i.taking }()
	replies, err := i.hq.take(r.Context(), list)
	if err != nil {
		i.hq.log.Error("messages over HTTPS were not taken", "error", err)
		refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, "not now: send again")
		return
	}
	w.Header().Set("Content-Type", cloudsync.MessagesType)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(cloudsync.EncodeMessages(replies)); err != nil {
		i.hq.log.Debug("a reply over HTTPS broke off", "error", err)
	}
}

func refuseBusy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, errBusy.Error())
}

func refuseHTTP(w http.ResponseWriter, status int, kind edge.Kind, message string) {
	refuseCode(w, status, kind, "", message)
}

// refuseCode says besides, for the gateway's program, why; empty for no more than
// the kind.
func refuseCode(w http.ResponseWriter, status int, kind edge.Kind, code cloudsync.Refusal, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	told := map[string]any{"kind": kind, "message": message}
	if code != "" {
		told["code"] = code
	}
	body := map[string]any{"error": told}
	_ = json.NewEncoder(w).Encode(body) // whoever has gone does not read it
}

// take handles messages as a collector does, and returns the replies. An error
// says that the database failed.
func (h *HQ) take(ctx context.Context, list []cloudsync.Message) ([]cloudsync.Message, error) {
	var batches []received
	var acks, others []cloudsync.Message
	for _, m := range list {
		t, err := cloudsync.ParseTopic(m.Topic)
		if err != nil {
			h.log.Warn("message over HTTPS ignored", "error", err)
			continue
		}
		if t.Branch == cloudsync.BranchUp && t.Lane != cloudsync.LaneTele {
			batches = append(batches, h.receive(ctx, t, m.Payload))
			continue
		}
		more, err := h.takeOther(ctx, t, m.Payload)
		if _, refused := errors.AsType[*cloudsync.RefusalError](err); refused {
			h.log.Warn("message over HTTPS refused", "audit", true, "topic", m.Topic, "error", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		others = append(others, more...)
	}
	for _, b := range batches { // they were all queued first, and so are committed together
		m, err := h.answer(ctx, b)
		if err != nil {
			return nil, err
		}
		acks = append(acks, m)
	}
	return fitting(append(acks, others...)), nil
}

// takeOther handles what is no batch. A confirmation asks for what waits for the
// node.
func (h *HQ) takeOther(ctx context.Context, t cloudsync.Topic, payload []byte) ([]cloudsync.Message, error) {
	switch t.Branch {
	case cloudsync.BranchUp:
		return nil, h.sampled(ctx, t, payload)
	case cloudsync.BranchState:
		return nil, h.heard(ctx, t, payload)
	case cloudsync.BranchReported:
		return nil, h.reported(ctx, t, payload)
	case cloudsync.BranchRsp:
		reply, _, err := h.responded(ctx, t, payload)
		if err != nil {
			return nil, err
		}
		if reply != nil {
			return []cloudsync.Message{*reply}, nil
		}
		if e, err := cloudsync.Open(payload); err != nil || e.Kind != cloudsync.KindConfirm {
			return nil, err
		}
		return h.waiting(ctx, t.Node)
	}
	return nil, &cloudsync.RefusalError{Op: "hq.takeOther", Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("%s is not for HQ", t)}
}

// waiting seals what waits for a node: commands first, they are small.
func (h *HQ) waiting(ctx context.Context, node string) ([]cloudsync.Message, error) {
	list, err := h.commandsFor(ctx, node)
	if err != nil {
		return nil, err
	}
	desired, err := h.desiredBy(ctx, node)
	if err != nil {
		return nil, err
	}
	list = append(list, desired...)
	downs, err := h.pendingDown(ctx, node, 0, downAtOnce)
	if err != nil {
		return nil, err
	}
	for _, d := range downs {
		list = append(list, d.message)
	}
	return list, nil
}

// commandsFor seals the commands that a node should be told, whoever else told
// it: it answers each as often as it comes.
func (h *HQ) commandsFor(ctx context.Context, node string) ([]cloudsync.Message, error) {
	const q = `where node = $1 and over = 0 and exp > $2 and (heard = 0 or heard <= $3) order by created, id limit $4`
	now := h.now()
	due, err := h.commandList(ctx, q, node, now.UnixMilli(), now.Add(-askAgain).UnixMilli(), downAtOnce)
	if err != nil {
		return nil, fmt.Errorf("hq.commandsFor: %w", err)
	}
	var list []cloudsync.Message
	for i := range due {
		m, err := h.sealCommand(&cloudsync.Cmd{ID: due[i].ID, Node: node, Op: due[i].Op, Args: due[i].Args, Exp: due[i].Exp})
		if err != nil {
			return nil, fmt.Errorf("hq.commandsFor: %w", err)
		}
		list = append(list, m)
	}
	return list, nil
}

// fitting is as much of a list as one reply holds; the shop asks again for the
// rest.
func fitting(list []cloudsync.Message) []cloudsync.Message {
	size := 0
	for i, m := range list {
		if size += cloudsync.FrameSize(m); size > cloudsync.MaxPost || i == cloudsync.MaxMessages {
			return list[:i]
		}
	}
	return list
}
