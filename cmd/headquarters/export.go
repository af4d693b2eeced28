package headquarters

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// apiTokens reads the tokens of a configuration.
func apiTokens(list []firmwarecfg.APIToken) ([]account.Token, error) {
	tokens := make([]account.Token, len(list))
	for i, t := range list {
		sum, err := hex.DecodeString(t.SHA256)
		if err != nil || len(sum) != len(tokens[i].SHA256) {
			return nil, fmt.Errorf("api_tokens[%d]: no SHA-256", i)
		}
		role, err := account.ParseRole(t.Role)
		if err != nil {
			return nil, fmt.Errorf("api_tokens[%d]: %w", i, err)
		}
		tokens[i] = account.Token{Name: t.Name, Role: role, SHA256: [32]byte(sum)}
	}
	return tokens, nil
}

// Export writes a list of HQ's (events, sales, z-reports or stock) to w as it
// comes. It returns the cursor to begin the next export with; an export that
// broke off is an error.
func (c *Client) Export(ctx context.Context, list string, query url.Values, w io.Writer) (next string, err error) {
	resp, err := c.send(ctx, http.MethodGet, "/v1/"+url.PathEscape(list)+"/export?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return "", fmt.Errorf("the export broke off, what was written is not all: %w", err)
	}
	if next = resp.Trailer.Get("Next-Cursor"); next == "" {
		return "", errors.New("the export broke off, what was written is not all: try again")
	}
	return next, nil
}
