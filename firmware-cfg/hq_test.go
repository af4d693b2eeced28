package firmwarecfg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const smallHQ = "public_url: https://cart.example.com\nmqtt: {url: \"mqtts://broker.example.com:8883\"}\n"

func TestOfficeHosts(t *testing.T) {
	h, err := LoadHQ(write(t, smallHQ+"office_hosts: [hq.example.com]\n"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"hq.example.com"}, h.OfficeHosts)
	h, err = LoadHQ(write(t, smallHQ), []string{"MIRRORCART_HQ_OFFICE_HOSTS=a.example,b.example"})
	require.NoError(t, err)
	require.Equal(t, []string{"a.example", "b.example"}, h.OfficeHosts)
	for _, bad := range []string{`""`, `"https://hq.example.com"`, `"hq.example.com:8091"`, `"a b"`} {
		_, err := LoadHQ(write(t, smallHQ+"office_hosts: ["+bad+"]\n"), nil)
		require.ErrorContains(t, err, "office_hosts", bad)
	}
}
