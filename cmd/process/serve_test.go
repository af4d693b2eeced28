package process

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// What net/http says of clients is kept without their addresses.
func TestServersNameNoClient(t *testing.T) {
	for line, want := range map[string]string{
		"http: panic serving 203.0.113.7:5000: odd\n":                                                 "http: panic serving a client: odd\n",
		"http2: server connection error from [2001:db8::7]:5000: reset\n":                             "http2: server connection error from a client: reset\n",
		"http: TLS handshake error from 203.0.113.7:5000: EOF\n":                                      "",
		"level=ERROR msg=\"http: TLS handshake error from [2001:db8::7]:5000: bad certificate: x\"\n": "",
	} {
		var out bytes.Buffer
		var told []string
		n, err := discreet{&out, func(why string) { told = append(told, why) }}.Write([]byte(line))
		require.NoError(t, err)
		require.Len(t, line, n)
		require.Equal(t, want, out.String())
		if bytes.Contains([]byte(line), []byte("certificate")) {
			require.Equal(t, []string{"bad certificate: x"}, told)
		} else {
			require.Empty(t, told)
		}
	}
}
