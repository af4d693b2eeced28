package headquarters

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// AuthorityCommand makes headquarters' authority, and signs the certificates of
// brokers and collectors.
func AuthorityCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Make headquarters' certificate authority, and sign brokers' and collectors' certificates",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.AddCommand(initCommand(&config), issueCommand(&config))
	return cmd
}

func initCommand(config *string) *cobra.Command {
	name := "Mirrorcart headquarters"
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the authority, in devices.dir",
		Long: `Make the authority, in devices.dir: ca.key, which only its owner may read, and ca.pem.
All gateways trust it, so one that is there is never replaced: keep a copy of both in
a safe place. Run by root, it works as the user whose data_dir is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadHQ(*config, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := process.ActAsOwner(cfg.DataDir); err != nil {
				return err
			}
			a, err := authority.Create(cfg.Devices.Dir, name, time.Now())
			if err != nil {
				return err
			}
			if file := cfg.Devices.Revoked; file != "" { // a broker does not start without the list
				list, err := a.RevocationList(nil, 1, time.Now())
				if err == nil {
					err = replaceFile(file, list)
				}
				if err != nil {
					return fmt.Errorf("devices.revoked: %w", err)
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The authority is in %s and holds until %s. Keep a copy of it in a safe place.\n",
				cfg.Devices.Dir, a.Certificate().NotAfter.Format(time.DateOnly))
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", name, "its name, as certificates show it")
	return cmd
}

func issueCommand(config *string) *cobra.Command {
	var w service
	cmd := &cobra.Command{
		Use:   "issue NAME",
		Short: "Sign a collector's certificate, or with --host a broker's; the same again renews it",
		Long: `Sign a certificate for 13 months, and write it, its key and the authority's
certificate into a folder: a collector's, whose NAME begins with hq- and stands in
the broker's acl, or with --host that of a broker.

The same command renews a certificate, with the key that lies there; move the key
away where it was stolen. Run by root, it works as the user whose the folder is, so
that a collector's are best made in a folder of the service's.`,
		Example: "  hq ca issue hq-1 --out /var/lib/mirrorcart-hq/certs\n  hq ca issue broker --host broker.example.com --out certs",
		Args:    process.Args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadHQ(*config, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			a, err := authority.Open(cfg.Devices.Dir)
			if err != nil {
				return err
			}
			w.name = args[0]
			if w.out, err = filepath.Abs(w.out); err != nil {
				return err
			}
			if err := process.ActAsOwner(w.out); err != nil {
				return err
			}
			cert, err := w.issue(a, time.Now())
			if err != nil {
				return err
			}
			return w.tell(cmd.OutOrStdout(), cert)
		},
	}
	cmd.Flags().StringSliceVar(&w.hosts, "host", nil, "a name or an IP address by which clients call the server; as often as there are")
	cmd.Flags().StringVar(&w.out, "out", ".", "folder for the files")
	return cmd
}

// service is a broker or a collector that wants a certificate.
type service struct {
	name, out string
	hosts     []string // of a broker
}

func (w *service) file(ending string) string { return filepath.Join(w.out, w.name+ending) }

// issue signs a certificate for the key that lies in the folder, or for a new one,
// and writes it beside the key.
func (w *service) issue(a *authority.Authority, now time.Time) (*x509.Certificate, error) {
	if err := cloudsync.CheckNode(w.name); err != nil {
		return nil, process.UsageError{Err: err}
	}
	if len(w.hosts) == 0 && !strings.HasPrefix(w.name, "hq-") {
		return nil, process.UsageError{Err: fmt.Errorf("%s: collectors' names begin with hq-, and a broker wants --host; a gateway gets its certificate by `hq device claim`", w.name)}
	}
	key, err := w.key()
	if err != nil {
		return nil, err
	}
	var der []byte
	if len(w.hosts) > 0 {
		der, err = a.SignServer(w.hosts, key.Public(), now, authority.ServiceLife)
	} else {
		der, err = a.SignClient(w.name, key.Public(), now, authority.ServiceLife)
	}
	if err == nil {
		err = replaceFile(filepath.Join(w.out, "ca.pem"), authority.PEM(a.Certificate().Raw))
	}
	if err == nil {
		err = replaceFile(w.file(".pem"), authority.PEM(der))
	}
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// key reads the private key that lies in the folder, and makes it where there is
// none. Who else may read one that is there, such as the broker's group, is for its
// owner to say.
func (w *service) key() (crypto.Signer, error) {
	file := w.file(".key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		var fresh string
		if fresh, err = newKey(); err == nil {
			text, err = firmwarecfg.LoadOrCreateSecret(file, func() string { return fresh })
		}
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key in PEM form: move it away to get a new one", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: move it away to get a new one: %w", file, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T: move it away to get a new one", file, key)
	}
	return signer, nil
}

func newKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), err
}

// tell says whose the files are and where they go.
func (w *service) tell(out io.Writer, cert *x509.Certificate) error {
	owner := fmt.Sprint("user ", os.Geteuid())
	if u, err := user.LookupId(fmt.Sprint(os.Geteuid())); err == nil {
		owner = u.Username
	}
	goes := fmt.Sprintf(`On the collector's machine its user must be able to read the key, and nobody else; in hq.yaml:
mqtt:
  ca: %s
  cert: %s
  key: %s
`, filepath.Join(w.out, "ca.pem"), w.file(".pem"), w.file(".key"))
	if len(w.hosts) > 0 {
		goes = fmt.Sprintf(`Bring the three to /etc/mosquitto/certs of the broker's machine, have the key there be
the broker's user's and nobody else's (chown mosquitto: %[1]s.key; chmod 600 %[1]s.key), and
restart the broker; nothing is lost by that.
`, w.name)
	}
	_, err := fmt.Fprintf(out, "%[1]s.pem, %[1]s.key and ca.pem are in %[2]s, and belong to %[3]s. The certificate holds until %[4]s;\nthe same command renews it.\n\n%[5]s",
		w.name, w.out, owner, cert.NotAfter.Local().Format(time.DateOnly), goes)
	return err
}
