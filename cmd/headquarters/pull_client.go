package headquarters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/api"
)

// Client uses the API of a headquarters that runs.
type Client struct {
	URL   string // as http://127.0.0.1:8091
	Token string
	HTTP  *http.Client
}

// APIError is an error that headquarters answered with.
type APIError struct {
	Status  int
	Kind    string
	Message string
}

func (e *APIError) Error() string { return e.Message }

const maxAnswer = 64 << 20 // bytes of an answer that is kept

// send asks; the caller closes the body. An answer that is not 2xx is an
// *APIError.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var b io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		b = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, b)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("headquarters does not answer at %s: start it, or say where it is with --hq: %w", c.URL, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	var answer struct {
		Error struct{ Kind, Message string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&answer); err != nil || answer.Error.Message == "" {
		return nil, fmt.Errorf("%s is no headquarters' API: it answers %s", c.URL, resp.Status)
	}
	return nil, &APIError{resp.StatusCode, answer.Error.Kind, answer.Error.Message}
}

func (c *Client) json(ctx context.Context, method, path string, body, answer any) error {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(answer)
}

// Order asks a shop for something.
func (c *Client) Order(ctx context.Context, shop string, o api.PullOrder) (*hq.Pull, error) {
	var p hq.Pull
	return &p, c.json(ctx, http.MethodPost, "/v1/shops/"+url.PathEscape(shop)+"/pulls", o, &p)
}

// Pull tells how a pull stands.
func (c *Client) Pull(ctx context.Context, id string) (*hq.Pull, error) {
	var p hq.Pull
	return &p, c.json(ctx, http.MethodGet, "/v1/pulls/"+url.PathEscape(id), nil, &p)
}

// Results is what the shop answered to a snapshot or a diagnosis.
func (c *Client) Results(ctx context.Context, id string) ([]api.PullResult, error) {
	var r struct{ Results []api.PullResult }
	return r.Results, c.json(ctx, http.MethodGet, "/v1/pulls/"+url.PathEscape(id)+"/results", nil, &r)
}
