package process

import (
	"log/slog"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// Dialer reaches the broker of a configuration file, with the password and the
// certificates that m names. client is the name
// by which the broker knows this machine; a second connection with the same
// name ends the first.
func Dialer(m firmwarecfg.MQTT, client string, log *slog.Logger) (*mqtt.Dialer, error) {
	password, err := m.Password()
	if err != nil {
		return nil, err
	}
	tls, err := m.TLS()
	if err != nil {
		return nil, err
	}
	return &mqtt.Dialer{
		Broker:   pahoURL(m.URL),
		ClientID: client, Username: m.Username, Password: password, TLS: tls, Log: log,
	}, nil
}

// pahoURL has the schemes that paho knows.
func pahoURL(url string) string {
	return strings.NewReplacer("mqtts://", "ssl://", "mqtt://", "tcp://").Replace(url)
}
