package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/kiosk/enrol"
)

// openTablets are those enrolled at the gateway with the configuration.
func openTablets(cfg *firmwarecfg.Edge) (*enrol.Book, error) {
	return enrol.Open(enrol.Config{
		Dir: filepath.Join(cfg.DataDir, "tablets"), Now: time.Now, Command: "edge tablet",
		Kind: "tablet", Path: "/kiosk/v1/camera", Life: 365 * 24 * time.Hour, Most: 64,
	})
}

func tabletCommand() *cobra.Command {
	var file, id string
	var forget bool
	cmd := &cobra.Command{
		Use:   "tablet --config edge.yaml",
		Short: "Enrol a tablet whose camera is the mirror's, or forget all",
		Long: `Enrol a tablet for a kiosk whose camera.source is push: open the address that
is printed, once and within 10 minutes, in the tablet's browser. The tablet's IP
address must be among the kiosk's screens (http.kiosks). The gateway may be
running.`,
		Example: "  edge tablet --config /etc/mirrorcart/edge.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := process.ActAsOwner(cfg.DataDir); err != nil {
				return err
			}
			tablets, err := openTablets(cfg)
			if err != nil {
				return err
			}
			if forget {
				n, err := tablets.Forget()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d forgotten; a tablet that is showing the mirror now does so until its shopper has finished\n", n)
				return err
			}
			base, err := tabletURL(cfg, id)
			if err != nil {
				return process.UsageError{Err: err}
			}
			code, err := tablets.Invite()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), enrolURL(base, code))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	cmd.Flags().StringVar(&id, "kiosk", "main", "which kiosk the tablet shows, by the id under kiosks")
	cmd.Flags().BoolVar(&forget, "forget", false, "end the enrolment of all tablets")
	return cmd
}

// enrolURL is the address that enrols the tablet it is opened on. The code is
// behind the #, so that it is in no server's log.
func enrolURL(base, code string) string { return base + "/#enrol=" + code }

// tabletURL is where a tablet reaches the kiosk: by the first name of the
// gateway that is not this machine's name for itself.
func tabletURL(cfg *firmwarecfg.Edge, id string) (string, error) {
	for _, k := range kiosksOf(cfg) {
		if k.ID != id {
			continue
		}
		if k.Camera.Source != firmwarecfg.PushCamera {
			return "", fmt.Errorf("kiosk %s: camera.source is not push, so it takes no tablet's camera", id)
		}
		scheme, addr := "https", k.TLSAddr
		if addr == "" {
			scheme, addr = "http", k.Addr // of this machine only
		}
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return "", err
		}
		for _, name := range cfg.HTTP.AllowedHosts {
			if ip := net.ParseIP(name); name != "localhost" && (ip == nil || !ip.IsLoopback()) && scheme == "https" {
				host = name
				break
			}
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			return "", errors.New("http.allowed_hosts has no name that a tablet could open: add the gateway's name or IP address in the shop's network")
		}
		return scheme + "://" + net.JoinHostPort(host, port), nil
	}
	return "", fmt.Errorf("there is no kiosk %q in the configuration", id)
}
