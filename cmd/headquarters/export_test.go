package headquarters

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gin-gonic/gin"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// Routes are those of the phones' address and of the office's.
func (s *Server) Routes() (public, office gin.RoutesInfo) {
	return s.public.engine.Routes(), s.office.engine.Routes()
}

// WriteRevoked writes the list of revoked certificates as headquarters does.
func WriteRevoked(ctx context.Context, cfg *firmwarecfg.HQ) error {
	db, err := OpenLedger(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(writeRevoked(ctx, cfg, db), db.Close())
}
