package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// printing is the shop's ticket printer.
type printing interface {
	Print(ctx context.Context, j edge.PrintJob) (*edge.PrintJob, error)
	Decide(ctx context.Context, id string, d edge.PrintDecision, staff string) (*edge.PrintJob, error)
	Jobs(ctx context.Context, limit int) ([]edge.PrintJob, error)
	Status(ctx context.Context) (edge.PrinterStatus, error)
	Wake()
	// Kick opens the cash drawer that hangs on the printer; Unavailable where none
	// does.
	Kick(ctx context.Context) error
}

// noPrinter is a shop that prints nothing.
type noPrinter struct{}

func (noPrinter) Wake() {}

func (noPrinter) Kick(context.Context) error {
	return edge.Errorf("api.print", edge.Unavailable, "no cash drawer hangs on a printer here: see printer.drawer in edge.yaml")
}

func (noPrinter) Jobs(context.Context, int) ([]edge.PrintJob, error) { return []edge.PrintJob{}, nil }

func (noPrinter) Status(context.Context) (v edge.PrinterStatus, err error) { return v, nil }

func (noPrinter) Print(context.Context, edge.PrintJob) (*edge.PrintJob, error) {
	return nil, edge.Errorf("api.print", edge.Unavailable, "this shop has no ticket printer: set printer.address in edge.yaml")
}

func (n noPrinter) Decide(ctx context.Context, _ string, _ edge.PrintDecision, _ string) (*edge.PrintJob, error) {
	return n.Print(ctx, edge.PrintJob{})
}

// postPrint queues a ticket for the printer.
func (s *Server) postPrint(c *gin.Context) {
	var in struct {
		Kind edge.PrintKind `json:"kind"`
		ID   string         `json:"id"`
		Lang string         `json:"lang"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	s.print(c, edge.PrintJob{Kind: in.Kind, Ref: in.ID, Lang: in.Lang, Staff: signedIn(c).Name})
}

// postSlip queues the slip that takes a cart to the shopper's phone: to name a
// cart is the right to print it.
func (s *Server) postSlip(c *gin.Context) {
	var in struct {
		Lang string `json:"lang"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	if !s.slips.Allow(ClientOf(c.ClientIP())) {
		s.Fail(c, edge.Errorf("api.print", edge.TooMany, "the printer has slips enough to print: wait a moment"))
		return
	}
	s.print(c, edge.PrintJob{Kind: edge.PrintCart, Ref: c.Param("id"), Lang: in.Lang})
}

func (s *Server) print(c *gin.Context, j edge.PrintJob) {
	job, err := s.cfg.Printing.Print(c.Request.Context(), j)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, gin.H{"job": job})
}

func (s *Server) getPrintJobs(c *gin.Context) {
	limit, err := number(c, "limit", 1, 200, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	jobs, err := s.cfg.Printing.Jobs(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"jobs": jobs})
}

// postPrintDecision says what somebody who looked at the printer found.
func (s *Server) postPrintDecision(c *gin.Context) {
	var in struct {
		Decision edge.PrintDecision `json:"decision"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	job, err := s.cfg.Printing.Decide(c.Request.Context(), c.Param("id"), in.Decision, signedIn(c).Name)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"job": job})
}
