package hq

import (
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// auditRecord finds what is wrong with a shop's word of who did what. It is read
// from the inbox where somebody asks.
func auditRecord(e *entry) error {
	var r edge.AuditRecord
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("not an audit record: %w", err)
	}
	return r.Check()
}
