package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Bind reads the request's body, one JSON value without unknown keys, into v;
// what is not that is an edge.Error. Engine bounds the body of every route.
func Bind(c *gin.Context, v any) error {
	const op = "api.Bind"
	if mt, _, err := mime.ParseMediaType(c.ContentType()); err != nil || mt != "application/json" {
		return edge.Errorf(op, edge.Invalid, "send the body as application/json")
	}
	d := json.NewDecoder(c.Request.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err == nil {
			err = errors.New("more than one value")
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &edge.Error{Op: op, Kind: edge.TooLarge, Msg: fmt.Sprintf("the body is over %d bytes", maxBody), Err: err}
	}
	if e, ok := errors.AsType[*edge.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return edge.Errorf(op, edge.Invalid, "body: %q cannot be a %s", e.Field, e.Value)
	}
	if errors.Is(err, io.EOF) {
		return edge.Errorf(op, edge.Invalid, "the body is empty: send JSON")
	}
	return edge.Errorf(op, edge.Invalid, "body: %.100s", strings.TrimPrefix(err.Error(), "json: "))
}

// number is a query parameter between low and high, def where it is not given.
func number(c *gin.Context, name string, low, high, def int) (int, error) {
	q, ok := c.GetQuery(name)
	if !ok {
		return def, nil
	}
	n, err := strconv.Atoi(q)
	if err != nil || n < low || n > high {
		return 0, edge.Errorf("api", edge.Invalid, "%s=%.20q: want a number from %d to %d", name, q, low, high)
	}
	return n, nil
}
