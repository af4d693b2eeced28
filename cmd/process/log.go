package process

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"unicode/utf8"
)

// maxLogged is how much of a value is logged, in bytes: a stack fits. What is
// longer came from outside, and nobody fills our disk with it.
const maxLogged = 8 << 10

// Log is a program's log: a line for each record, whatever stands in its values,
// and no address of whoever reached us: those are people's.
func Log(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: tidy}))
}

// tidy cuts a long value, and takes out who is at the other end of a connection.
func tidy(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case "remote", "old_remote", "new_remote": // the broker's library tells
		return slog.Attr{}
	}
	text := ""
	switch v := a.Value.Any().(type) {
	case string:
		text = v
	case error:
		text = v.Error()
		// Whom we could not reach is our own affair, and how to mend it.
		if op, ok := errors.AsType[*net.OpError](v); ok && op.Op != "dial" && op.Addr != nil {
			text = strings.ReplaceAll(text, "->"+op.Addr.String(), "")
			a = slog.String(a.Key, text)
		}
	case []byte:
		text = string(v)
	}
	if len(text) <= maxLogged {
		return a
	}
	end := maxLogged
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return slog.String(a.Key, text[:end]+"…")
}
