package hq

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// DeviceDoor serves gateways alone, over TLS with their certificates: all that they
// send or fetch over HTTPS, and certificates themselves. A gateway that has none in
// force can ask for one, and see the authority and the list of revoked ones; nothing
// else answers it. Every refusal is told.
func (h *HQ) DeviceDoor() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET "+cloudsync.AuthorityPath, h.serveAuthority)
	m.HandleFunc("GET "+cloudsync.RevokedPath, h.serveRevoked)
	m.Handle("POST "+cloudsync.CertificatePath, h.gateways(false, h.certificateHandler()))
	m.Handle(cloudsync.IngestPath, h.gateways(true, h.IngestHandler()))
	m.Handle(cloudsync.PhotoPath, h.gateways(true, h.PhotoHandler()))
	m.Handle(cloudsync.ContactPath, h.gateways(true, h.ContactHandler()))
	m.Handle(cloudsync.ToldPath, h.gateways(true, h.ToldHandler()))
	return m
}

// holderKey is where a request's context keeps the node of its certificate.
type holderKey struct{}

// holderOf is the node in whose certificate's name a request came; empty where it
// came another way, and signatures alone count.
func holderOf(ctx context.Context) string {
	node, _ := ctx.Value(holderKey{}).(string)
	return node
}

// checkNode sees that what came with a certificate is of the certificate's node.
func checkNode(ctx context.Context, node string) error {
	if holder := holderOf(ctx); holder != "" && holder != node {
		return edge.Errorf("hq.checkNode", edge.Forbidden, "%s sent in the name of %s", holder, node)
	}
	return nil
}

// gateways lets in who has a certificate that is in force and, unless it is
// required, who has none.
func (h *HQ) gateways(required bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			if required {
				h.refused(RefusedCertificate, "")
				refuseHTTP(w, http.StatusUnauthorized, edge.Unauthorized, "a gateway's certificate is wanted: claim this machine first")
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		node, err := h.checkHolder(r.Context(), r.TLS.PeerCertificates[0])
		switch kind := edge.KindOf(err); {
		case err == nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), holderKey{}, node)))
		case kind == edge.Forbidden:
			h.refused(RefusedRevoked, node)
			refuseCode(w, http.StatusForbidden, kind, cloudsync.RefusedRevoked, "this certificate was taken back")
		default:
			h.log.Error("a certificate could not be looked at", "node", node, "error", err)
			refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, "not now: send again")
		}
	})
}

// certificateHandler serves POST cloudsync.CertificatePath. At most postsAtOnce are
// answered at a time: each is a signature. A body is small, and whoever never ends his
// takes nobody's turn.
func (h *HQ) certificateHandler() http.Handler {
	turn := make(chan struct{}, postsAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != cloudsync.CertificateType {
			refuseHTTP(w, http.StatusUnsupportedMediaType, edge.Invalid, "the body must be "+cloudsync.CertificateType)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, cloudsync.MaxCertificate))
		if err != nil {
			refuseHTTP(w, http.StatusBadRequest, edge.Invalid, "the body breaks off, or is too large")
			return
		}
		if !seat(turn) {
			refuseBusy(w)
			return
		}
		defer func() { <-turn }()
		answer, err := h.Certify(r.Context(), holderOf(r.Context()), body)
		if err != nil {
			h.refuseCertificate(w, err)
			return
		}
		h.sendCertificate(w, answer)
	})
}

// refuseCertificate says why there is no certificate, in words that the person who
// installs the gateway reads.
func (h *HQ) refuseCertificate(w http.ResponseWriter, err error) {
	refused, unsigned := errors.AsType[*cloudsync.RefusalError](err)
	told, known := errors.AsType[*edge.Error](err)
	switch kind := edge.KindOf(err); {
	case unsigned:
		h.log.Warn("refused", "audit", true, "what", "request for a certificate", "error", err)
		h.refused(RefusedClaim, "")
		refuseHTTP(w, http.StatusForbidden, edge.Forbidden, refused.Msg)
	case known && (kind == edge.Forbidden || kind == edge.Conflict):
		h.log.Warn("refused", "audit", true, "what", "request for a certificate", "error", err)
		h.refused(RefusedClaim, "")
		refuseHTTP(w, http.StatusForbidden, edge.Forbidden, told.Msg)
	case known && kind == edge.Invalid:
		h.log.Warn("refused", "audit", true, "what", "request for a certificate", "error", err)
		h.refused(RefusedClaim, "")
		refuseHTTP(w, http.StatusBadRequest, kind, told.Msg)
	default:
		h.log.Error("a certificate could not be made", "error", err)
		refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, "headquarters signs no certificates now: try again later")
	}
}

func (h *HQ) sendCertificate(w http.ResponseWriter, sealed []byte) {
	w.Header().Set("Content-Type", cloudsync.CertificateType)
	if _, err := w.Write(sealed); err != nil {
		h.log.Debug("a certificate's way broke off", "error", err)
	}
}

func (h *HQ) serveAuthority(w http.ResponseWriter, _ *http.Request) {
	sealed, err := h.AuthorityCertificate()
	if err != nil {
		h.refuseCertificate(w, err)
		return
	}
	h.sendCertificate(w, sealed)
}

func (h *HQ) serveRevoked(w http.ResponseWriter, r *http.Request) {
	list, err := h.RevocationList(r.Context())
	if err != nil {
		h.refuseCertificate(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(list) // whoever has gone does not read it
}
