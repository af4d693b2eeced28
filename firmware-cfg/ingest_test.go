package firmwarecfg

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIngestURL(t *testing.T) {
	line := func(ingest, broker string) error {
		_, err := LoadEdge(write(t, smallEdge+"hq:\n  ingest_url: "+ingest+"\n  mqtt: {url: "+broker+"}\n  key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"), nil)
		return err
	}
	const broker = "mqtts://broker.example.com"
	require.NoError(t, line("https://hq.example.com", broker))
	require.NoError(t, line("http://127.0.0.1:8090/", broker))
	require.NoError(t, line(`""`, broker))
	for _, c := range [][3]string{
		{"http://hq.example.com", broker, "is no address of headquarters"},
		{"hq.example.com", broker, "is no address of headquarters"},
		{"https://gw:secret@hq.example.com", broker, "is no address of headquarters"},
		{"https://hq.example.com?shop=1", broker, "is no address of headquarters"},
		{"https://hq.example.com", `""`, "set hq.mqtt.url"},
	} {
		err := line(c[0], c[1])
		require.ErrorContains(t, err, c[2], c[0])
		require.ErrorContains(t, err, "hq.ingest_url", c[0])
	}
	c, err := MQTT{URL: broker}.TLSFor("hq.example.com")
	require.NoError(t, err)
	require.Equal(t, "hq.example.com", c.ServerName)
	require.EqualValues(t, tls.VersionTLS12, c.MinVersion)
}
