package headquarters

import (
	"context"
	"net/http"
	"net/url"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/api"
)

// DeletePerson deletes all that is kept of the person of a telephone number.
func (c *Client) DeletePerson(ctx context.Context, phone string, why hq.DeletionReason) (*hq.SignedDeletion, error) {
	var d hq.SignedDeletion
	return &d, c.json(ctx, http.MethodPost, "/v1/persons/deletions", api.PersonRequest{Phone: phone, Why: why}, &d)
}

// Deletion is the record of a deletion as it stands.
func (c *Client) Deletion(ctx context.Context, id string) (*hq.SignedDeletion, error) {
	var d hq.SignedDeletion
	return &d, c.json(ctx, http.MethodGet, "/v1/persons/deletions/"+url.PathEscape(id), nil, &d)
}

// ExportPerson begins to gather what is kept of a person.
func (c *Client) ExportPerson(ctx context.Context, phone string) (*hq.PersonExport, error) {
	var e hq.PersonExport
	return &e, c.json(ctx, http.MethodPost, "/v1/persons/exports", api.PersonRequest{Phone: phone}, &e)
}

// PersonExport is what is kept of a person, as far as the shops have told.
func (c *Client) PersonExport(ctx context.Context, id string) (*hq.PersonExport, error) {
	var e hq.PersonExport
	return &e, c.json(ctx, http.MethodGet, "/v1/persons/exports/"+url.PathEscape(id), nil, &e)
}
