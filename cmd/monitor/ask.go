package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxReport bounds a report that is read, in bytes.
const maxReport = 1 << 20

// Ask reads the report of a program at url, good or bad.
func Ask(ctx context.Context, url string) (*Report, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+2*time.Second) // it answers after patience itself
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("nothing answers, so it does not run, or elsewhere than metrics.addr says: %w", err)
	}
	defer resp.Body.Close()
	var r Report
	err = json.NewDecoder(io.LimitReader(resp.Body, maxReport)).Decode(&r)
	if err != nil || r.Version == "" {
		return nil, fmt.Errorf("%s answers with %s and no report: is it another program's address?", url, resp.Status)
	}
	return &r, nil
}
