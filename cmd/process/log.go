package process

import (
	"io"
	"log/slog"
	"unicode/utf8"
)

// maxLogged is how much of a value is logged, in bytes: a stack fits. What is
// longer came from outside, and nobody fills our disk with it.
const maxLogged = 8 << 10

// Log is a program's log: a line for each record, whatever stands in its values.
func Log(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: cut}))
}

// cut cuts a long value.
func cut(_ []string, a slog.Attr) slog.Attr {
	text := ""
	switch v := a.Value.Any().(type) {
	case string:
		text = v
	case error:
		text = v.Error()
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
