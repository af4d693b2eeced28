package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrinter(t *testing.T) {
	for _, tt := range []struct{ text, fault string }{
		{"address: tcp://10.0.0.20:9100", ""},
		{"address: /dev/usb/lp0", ""},
		{"{address: none, width: 58, language: zh, pause: 20ms, header: [12 Nguyễn Huệ], fonts: []}", ""},
		{"address: 10.0.0.20", "printer.address"},
		{"address: tcp://10.0.0.20", "printer.address"},
		{"address: tcp://:9100", "printer.address"},
		{"address: /etc/passwd", "printer.address"},
		{"address: /dev/../etc/passwd", "printer.address"},
		{"address: ''", "printer.address"},
		{"width: 100", "printer.width"},
		{"language: fr", "printer.language"},
		{"speed: -1", "printer.speed"},
		{"pause: 2s", "printer.pause"},
		{"footer: ['']", "printer.footer"},
		{"header: [a, b, c, d, e, f, g, h, i]", "printer.header"},
		{"fonts: [font.ttf]", "printer.fonts"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "edge.yaml")
			require.NoError(t, os.WriteFile(file, []byte("node: n\ntill: T1\nshop: {id: s, name: S}\nprinter: "+inline(tt.text)+"\n"), 0o600))
			e, err := LoadEdge(file, nil)
			if tt.fault == "" {
				require.NoError(t, err)
				require.Equal(t, tt.text[:9] == "address: ", e.Printer.On())
				return
			}
			require.ErrorContains(t, err, tt.fault)
		})
	}
}

// inline makes one setting a section of its own.
func inline(text string) string {
	if text[0] == '{' {
		return text
	}
	return "{" + text + "}"
}
