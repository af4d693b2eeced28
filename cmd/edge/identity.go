package main

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/identity"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// keeperOf keeps the gateway's certificate; nil where that comes another way.
func keeperOf(cfg *firmwarecfg.Edge, key ed25519.PrivateKey, log *slog.Logger) (*identity.Keeper, error) {
	if cfg.HQ.Identity == "" {
		return nil, nil
	}
	hq, err := firmwarecfg.ParsePublicKey(cfg.HQ.Key)
	if err != nil {
		return nil, fmt.Errorf("hq.key: %w", err)
	}
	return identity.New(identity.Config{
		Dir: cfg.HQ.Identity, URL: cfg.HQ.IngestURL, Node: cfg.Node, Key: key, HQ: hq, Now: time.Now, Log: log,
	}), nil
}

// Whom a certificate is shown to.
const (
	toHeadquarters = "headquarters"
	toBrowsers     = "browsers"
)

// shownCertificate is a file with a certificate that the gateway shows, and the one
// with its key.
type shownCertificate struct{ to, cert, key string }

// shownCertificates are those that the settings name. One that the gateway makes
// itself for browsers is not among them.
func shownCertificates(cfg *firmwarecfg.Edge) []shownCertificate {
	line := cfg.HQ.Credentials()
	return slices.DeleteFunc([]shownCertificate{{toHeadquarters, line.Cert, line.Key}, {toBrowsers, cfg.HTTP.Cert, cfg.HTTP.Key}},
		func(c shownCertificate) bool { return c.cert == "" })
}

// certificateFigures tells how long they hold. What is wrong with one that is not
// there, or damaged, is a fault.
func certificateFigures(cfg *firmwarecfg.Edge, tell monitor.Tell) {
	for _, c := range shownCertificates(cfg) {
		if pair, err := tls.LoadX509KeyPair(c.cert, c.key); err == nil {
			tell("mirrorcart_certificate_end_timestamp_seconds", float64(pair.Leaf.NotAfter.Unix()), c.to)
		}
	}
}

// errShutOut says what is wrong with a machine that headquarters has revoked. It is
// a fault and no more: the till sells on.
var errShutOut = errors.New("headquarters has shut this machine out: its key or certificate was taken back there, on purpose or by mistake; " +
	"it sells on, and its sales are kept on its disk; what still reaches headquarters counts for nothing there as yet. If it was a mistake, have a new code made there (hq device claim), " +
	"move the file of keys.device away here, run edge claim with the code, start the gateway anew, and have hq device accept run there")

// errCopied says what is wrong with a machine of which there are two. It is a fault
// and no more.
var errCopied = errors.New("another machine goes by this one's name: headquarters heard two within a day, so a copy of its disk or key is in use; " +
	"both sell, and no sale is lost or counted twice. Find the other and switch it off. Then make this one's key its own: have hq device revoke run at headquarters and a new code made (hq device claim), " +
	"move the file of keys.device away here, run edge claim with the code, and start the gateway anew. It ends once the incident is settled there, or a day after the other was heard last")

// lostAtOnce is how many connections in a row that are lost as soon as they are made
// are told.
const lostAtOnce = 5

// notAlone says where another machine goes, or may go, by this one's name.
func notAlone(s cloudsync.Status) error {
	switch {
	case s.Clone:
		return errors.New("another machine goes by this one's name: see faults")
	case s.Lost >= lostAtOnce:
		return fmt.Errorf("the broker let this machine in, and the connection was lost within a minute, %d times in a row: the shop's line is unsteady, "+
			"or another machine goes by this one's name and takes its place each time; if it is another machine, headquarters' page of incidents soon says so; sales are kept meanwhile", s.Lost)
	}
	return nil
}

// shutsOut reports whether an error of the line's is that.
func shutsOut(err error) bool {
	refused, ok := errors.AsType[*cloudsync.RefusalError](err)
	return ok && refused.Code == cloudsync.RefusedRevoked
}

// identityFaults says where headquarters does not know the machine any more, or
// soon will not, or knows another one for it.
func (g *gateway) identityFaults() (list []api.Fault) {
	if g.uplink != nil {
		s := g.uplink.Status()
		if s.Shut {
			list = append(list, api.Fault{Part: "shut_out", Message: errShutOut.Error()})
		}
		if s.Clone {
			list = append(list, api.Fault{Part: "clone", Message: errCopied.Error()})
		}
	}
	if g.identity == nil {
		return list
	}
	if trouble := g.identity.Trouble(); trouble != "" {
		list = append(list, api.Fault{Part: "certificate", Message: trouble})
	}
	return list
}

func claimCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "claim [CODE]",
		Short: "Get this machine's certificate, with the code that headquarters made",
		Long: `Get this machine's certificate and let it in at headquarters, with the code that
"hq device claim NODE" printed there for its node; without a code where headquarters
knows the machine's key already. It is kept in hq.identity, and the gateway, which
may be running, renews it by itself. Run by root, it works as the user whose the
folder of the device's key is, so that the gateway can use what it writes.`,
		Example: "  edge claim K7QF-2M9X-8TRW --config /etc/mirrorcart/edge.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return process.UsageError{Err: fmt.Errorf("give one code, and nothing else: see %s --help", cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := process.ActAsOwner(filepath.Dir(cfg.Keys.Device)); err != nil {
				return err
			}
			log := process.Log(cmd.ErrOrStderr(), cfg.Log.Level)
			key, err := firmwarecfg.LoadOrCreateKey(cfg.Keys.Device)
			if err != nil {
				return err
			}
			k, err := keeperOf(cfg, key, log)
			if err != nil {
				return err
			}
			if k == nil {
				return process.UsageError{Err: errors.New("nothing says where the certificate is to be kept: set hq.identity, e.g. /var/lib/mirrorcart/identity")}
			}
			until, err := k.Claim(cmd.Context(), append(args, "")[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "This machine is %s now. Its certificate holds until %s and is renewed by itself.\n", cfg.Node, until.Local().Format(time.DateOnly))
			if err == nil && sqlite.InUse(databaseOptions(cfg, log).Path) {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "If the file of keys.device was moved away, start the gateway that runs here anew (systemctl restart mirrorcart): it still goes by the key before.")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	return cmd
}
