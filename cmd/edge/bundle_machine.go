package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// bundled is the machine whose files a bundle brings, seen by root.
type bundled struct {
	root   string
	reload string            // a program in place of systemctl, empty for none
	cfg    *firmwarecfg.Edge // its settings before a bundle; nil where there are none yet
	told   io.Writer         // what programs say
}

func newBundled(root, reload string, told io.Writer) *bundled {
	m := &bundled{root: root, reload: reload, told: told}
	cfg, err := m.settings()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// What was interrupted is gone on with all the same.
		fmt.Fprintf(told, "the settings that are there: %v\n", err)
	}
	m.cfg = cfg
	return m
}

// dataDir is the gateway's folder, where it leaves bundles.
func (m *bundled) dataDir() string {
	if m.cfg == nil {
		return filepath.Join(m.root, filepath.FromSlash(gatewayPath))
	}
	return filepath.Join(m.root, m.cfg.DataDir)
}

func (m *bundled) file() string { return filepath.Join(m.root, filepath.FromSlash(settingsPath)) }

func (m *bundled) settings() (*firmwarecfg.Edge, error) {
	text, err := os.ReadFile(m.file())
	if err != nil {
		return nil, err
	}
	return firmwarecfg.ParseEdge(m.file(), text)
}

// Fits sees that the gateway can read its new settings, stays who it is, and can
// be reached by headquarters and asked how it is.
func (m *bundled) Fits(files []bundle.File) error {
	unfit := func(reason bundle.Reason, format string, args ...any) error {
		return &bundle.Refusal{Reason: reason, Msg: fmt.Sprintf(format, args...)}
	}
	var next *firmwarecfg.Edge
	for _, f := range files {
		if f.Path == settingsPath {
			var err error
			if next, err = firmwarecfg.ParseEdge(m.file(), f.Content); err != nil {
				return unfit(bundle.Unfit, "the program that is installed cannot run with it, so install the newer one first: %v", err)
			}
		} else if strings.HasPrefix(f.Path, "etc/mirrorcart/") {
			return unfit(bundle.Unsafe, "%s is this machine's own", f.Path)
		}
	}
	if next == nil {
		return unfit(bundle.Unfit, "%s is not in it", settingsPath)
	}
	if next.Metrics.Addr == "" {
		return unfit(bundle.Unfit, "metrics.addr is empty, so nobody could ask the gateway whether it works")
	}
	if m.cfg == nil {
		return nil
	}
	for key, values := range itself(m.cfg, next) {
		if values[0] != values[1] {
			return unfit(bundle.Foreign, "with it %s would be %q, and this machine's is %q: write that into %s", key, values[1], values[0], firmwarecfg.OwnFile(m.file()))
		}
	}
	if m.cfg.HQ.MQTT.URL != "" && next.HQ.MQTT.URL == "" {
		return unfit(bundle.Unfit, "hq.mqtt.url is empty, so headquarters could not reach the gateway again")
	}
	return nil
}

// itself is what a gateway is known by at headquarters and in its ledger, in
// both settings.
func itself(a, b *firmwarecfg.Edge) map[string][2]string {
	return map[string][2]string{
		"node": {a.Node, b.Node}, "shop.id": {a.Shop.ID, b.Shop.ID}, "till": {a.Till, b.Till}, "class": {a.Class, b.Class},
		"data_dir": {a.DataDir, b.DataDir}, "keys.device": {a.Keys.Device, b.Keys.Device}, "hq.identity": {a.HQ.Identity, b.HQ.Identity},
	}
}

func (m *bundled) class() string {
	if m.cfg == nil {
		return ""
	}
	return m.cfg.Class
}

// Reload starts what reads the changed files anew, and the gateway in any case,
// whatever else fails. It does not wait for the gateway to be ready: whether it works is asked for next.
func (m *bundled) Reload(ctx context.Context, changed []string) error {
	if m.reload != "" {
		return m.run(ctx, m.reload, changed...)
	}
	if m.root != "/" {
		return nil // nobody here can start anything there
	}
	var errs []error
	for _, step := range reloadSteps(changed) {
		errs = append(errs, m.run(ctx, step[0], step[1:]...))
	}
	return errors.Join(errs...)
}

// reloadSteps are the commands after which all services work with the files.
func reloadSteps(changed []string) [][]string {
	below := func(folders ...string) bool {
		return slices.ContainsFunc(changed, func(path string) bool {
			return slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(path, f) })
		})
	}
	steps := [][]string{{"systemctl", "daemon-reload"}}
	for _, s := range []struct {
		folders []string
		command []string
	}{
		{[]string{"etc/tmpfiles.d/"}, []string{"systemd-tmpfiles", "--create", "/etc/tmpfiles.d/mirrorcart.conf"}},
		{[]string{"etc/systemd/journald.conf.d/"}, []string{"systemctl", "try-restart", "systemd-journald.service"}},
		{[]string{"etc/udev/"}, []string{"systemctl", "try-restart", "systemd-udev-trigger.service"}},
		{[]string{"etc/nftables.conf"}, []string{"systemctl", "try-reload-or-restart", "nftables.service"}},
		{[]string{"etc/chrony/"}, []string{"systemctl", "try-restart", "chrony.service"}},
		{[]string{"etc/systemd/system/mirrorcart-bundle.path"}, []string{"systemctl", "try-restart", "mirrorcart-bundle.path"}},
		// The old one must not answer for the new one.
		{[]string{""}, []string{"systemctl", "stop", "mirrorcart.service"}},
		{[]string{""}, []string{"systemctl", "--no-block", "start", "mirrorcart.service"}},
		{
			[]string{"etc/X11/", "etc/chromium/", "etc/systemd/system/mirrorcart-kiosk.service"},
			[]string{"systemctl", "--no-block", "try-restart", "mirrorcart-kiosk.service"},
		},
	} {
		if s.folders[0] == "" || below(s.folders...) {
			steps = append(steps, s.command)
		}
	}
	return steps
}

// notInstalled is systemctl's exit status for a unit that is not there.
const notInstalled = 5

// tries reports whether a word of systemctl's is one for units that may not be there.
func tries(word string) bool { return strings.HasPrefix(word, "try-") }

func (m *bundled) run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = m.told, m.told
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == notInstalled && slices.ContainsFunc(args, tries) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// Health asks the gateway, where its settings say that it answers.
func (m *bundled) Health(ctx context.Context) ([]bundle.Part, error) {
	cfg, err := m.settings()
	if err != nil {
		return nil, err
	}
	addr, err := fromHere(cfg.Metrics.Addr)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+monitor.ReadyPath, nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var report monitor.Report
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&report); err != nil || len(report.Parts) == 0 {
		return nil, errors.Join(fmt.Errorf("%s answers with %s, and does not say how the gateway is", addr, resp.Status), err)
	}
	var parts []bundle.Part
	for _, s := range report.Parts {
		if s.Part == faultsPart || s.Part == identityPart {
			continue // a roll of paper at its end is no bundle's fault, nor a copy of the machine, nor an unsteady line
		}
		p := bundle.Part{Name: s.Part, Must: s.Needed, Fault: s.Why}
		if !s.OK && p.Fault == "" {
			p.Fault = "it is not in order"
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// fromHere is an address to listen at as one to reach on this machine.
func fromHere(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("metrics.addr: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
