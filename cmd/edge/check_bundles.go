package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// The units that bring bundles to a machine.
const (
	bundlePathUnit    = "mirrorcart-bundle.path"
	bundleServiceUnit = "mirrorcart-bundle.service"
)

// bundles looks whether a bundle of headquarters' would be taken.
func (in *inspection) bundles(ctx context.Context) (string, error) {
	if in.cfg.Class == "" {
		return "this machine takes none, see class", nil
	}
	s, err := bundle.ReadStatus(filepath.Join(in.root, bundlesPath))
	if err != nil {
		return "", err
	}
	if err := in.bundleUnits(ctx); err != nil {
		return "", err
	}
	_, err = s.Trust.Begun(filepath.Join(in.root, rootsPath))
	if refused := refusedBy(err); refused != nil {
		return "", warning(refused.Message)
	}
	if s.Running.Version == 0 {
		return "none has come yet; one would be taken", nil
	}
	return fmt.Sprintf("version %d is in force", s.Running.Version), nil
}

// bundleUnits asks systemd, where it runs (sd_booted(3)).
func (in *inspection) bundleUnits(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(in.root, "run/systemd/system")); err != nil {
		return nil
	}
	out, err := exec.CommandContext(ctx, "systemctl", "show", "--property=Id,LoadState,ActiveState,SubState,Result", bundlePathUnit, bundleServiceUnit).Output()
	if err != nil {
		return warning(fmt.Sprintf("systemd does not say how %s is: %v", bundlePathUnit, err))
	}
	return errors.Join(unitFaults(string(out))...)
}

// unitFaults says what is wrong with the units of which `systemctl show` tells, and
// how to mend it.
func unitFaults(shown string) (faults []error) {
	for block := range strings.SplitSeq(strings.TrimSpace(shown), "\n\n") {
		told := map[string]string{}
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			told[name] = value
		}
		unit, active := cmp.Or(told["Id"], "a unit of bundles"), told["ActiveState"]
		again := strings.HasPrefix(told["SubState"], "auto-restart")
		switch {
		case told["LoadState"] != "loaded":
			faults = append(faults, fmt.Errorf("%s is %s, so no bundle is taken: install the package anew", unit, cmp.Or(told["LoadState"], "unknown")))
		case active == "failed" || again:
			faults = append(faults, fmt.Errorf("%s has failed (%s): see journalctl -u %s, then systemctl restart %s", unit, told["Result"], bundleServiceUnit, unit))
		case unit == bundlePathUnit && active != "active":
			faults = append(faults, fmt.Errorf("%s is %s, so no bundle is taken: systemctl enable --now %s", unit, active, unit))
		}
	}
	return faults
}
