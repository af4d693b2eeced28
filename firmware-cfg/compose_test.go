package firmwarecfg

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// composeFile is as much of a Compose file as is looked at here.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
	Networks map[string]struct {
		IPAM struct {
			Config []struct{ Subnet, Gateway string } `yaml:"config"`
		} `yaml:"ipam"`
	} `yaml:"networks"`
	Volumes map[string]any                   `yaml:"volumes"`
	Secrets map[string]struct{ File string } `yaml:"secrets"`
}

type composeService struct {
	Image       string            `yaml:"image"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []any             `yaml:"secrets"` // a name each, or source and target
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
	Healthcheck map[string]any    `yaml:"healthcheck"`
	Logging     map[string]string `yaml:"logging"`
}

// secrets are where the service finds its secrets, by their name.
func (s composeService) secrets() map[string]string {
	at := map[string]string{}
	for _, secret := range s.Secrets {
		switch v := secret.(type) {
		case string:
			at[v] = "/run/secrets/" + v
		case map[string]any:
			at[v["source"].(string)] = v["target"].(string)
		}
	}
	return at
}

// mounted is what the service finds at a place, for reading alone.
func (s composeService) mounted(at string) string {
	for _, v := range s.Volumes {
		if from, ok := strings.CutSuffix(v, ":"+at+":ro"); ok {
			return from
		}
	}
	return ""
}

// What the Compose file tells headquarters are settings that it takes, and each
// leads to something that is there.
func TestComposeFile(t *testing.T) {
	text, err := os.ReadFile("compose/compose.yaml")
	require.NoError(t, err)
	sample, err := os.ReadFile("compose/.env.sample")
	require.NoError(t, err)
	filled := regexp.MustCompile(`\$\{(\w+)(?::[?-][^}]*)?\}`).ReplaceAllStringFunc(string(text), func(v string) string {
		name := regexp.MustCompile(`\w+`).FindString(v)
		m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindSubmatch(sample)
		require.NotNil(t, m, "%s is not in .env.sample", name)
		return string(m[1])
	})
	var c composeFile
	require.NoError(t, yaml.Unmarshal([]byte(filled), &c))

	hq := c.Services["hq"]
	var environ []string
	for name, value := range hq.Environment {
		environ = append(environ, name+"="+value)
	}
	cfg, err := LoadHQ("hq.yaml", environ)
	require.NoError(t, err)
	require.Equal(t, []string{"hq.example.com"}, cfg.OfficeHosts)
	require.Equal(t, []string{c.Networks["default"].IPAM.Config[0].Gateway}, cfg.Proxies)
	for addr, port := range map[string]string{cfg.Addr: "127.0.0.1:8090:8090", cfg.OfficeAddr: "127.0.0.1:8091:8091"} {
		require.Contains(t, hq.Ports, port)
		_, listens, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(port, ":"+listens))
	}
	for _, there := range []string{cfg.MQTT.URL, cfg.Database} {
		u, err := url.Parse(there)
		require.NoError(t, err)
		require.Contains(t, c.Services, u.Hostname())
	}
	require.Contains(t, hq.Volumes, "hq:"+cfg.DataDir)
	require.Equal(t, cfg.DatabasePasswordFile, hq.secrets()["database-password"])
	for _, file := range []string{cfg.MQTT.CA, cfg.MQTT.Cert, cfg.MQTT.Key} { // of a folder: one that is renewed is seen
		require.Equal(t, "./certs/hq-1", hq.mounted(filepath.Dir(file)))
	}
	broker, err := os.ReadFile("mosquitto/mosquitto.conf")
	require.NoError(t, err)
	files := regexp.MustCompile(`(?m)^(?:ca|cert|key|crl)file (\S+)$`).FindAllStringSubmatch(string(broker), -1)
	require.Len(t, files, 4)
	for _, file := range files {
		require.Equal(t, "./certs/broker", c.Services["broker"].mounted(filepath.Dir(file[1])))
	}
	require.Equal(t, c.Services["database"].secrets()["database-password"], c.Services["database"].Environment["POSTGRES_PASSWORD_FILE"])
	for name, s := range c.Services {
		for secret := range s.secrets() {
			require.Equal(t, "./secrets/"+secret, c.Secrets[secret].File, "of %s", name)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			switch {
			case strings.HasPrefix(from, "../"):
				require.FileExists(t, filepath.Join("compose", from))
			case !strings.HasPrefix(from, "./"):
				require.Contains(t, c.Volumes, from)
			}
		}
		require.Equal(t, map[string]string{"driver": "local"}, s.Logging, "what %s says is bounded", name)
		if name != "hq" { // its image brings one along
			require.NotEmpty(t, s.Healthcheck, name)
		}
	}
}
