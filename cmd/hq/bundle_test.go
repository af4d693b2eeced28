package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

func TestBundleIsBuiltAndSigned(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		root := newRoot()
		root.SetOut(&out)
		root.SetArgs(args)
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := run(args...)
		require.NoError(t, err)
		return out
	}
	key := func(n string) string { return strings.TrimSpace(must("keys", "--key", at(n+".key"))) }
	one, two, three, four := key("1"), key("2"), key("3"), key("4")
	require.Contains(t, must("bundle", "root", "--key", one, "--key", two, "--key", three, "--out", at("root.json")), "root set 1, 2 of 3 keys sign; it counts")
	trust := func(file string) bundle.Trust {
		t.Helper()
		roots, err := readRoots(file)
		require.NoError(t, err)
		root, err := roots.Trusted()
		require.NoError(t, err)
		return bundle.Trust{Root: root}
	}

	const description = "../../firmware-cfg/device.yaml"
	file := at("kiosk-12.bundle")
	must("bundle", "build", description, "--version", "12", "--class", "kiosk", "--out", file)
	check := func(first string) error {
		t.Helper()
		b, err := readBundle(file)
		require.NoError(t, err)
		require.Equal(t, []string{"kiosk", "minipc"}, b.Manifest.Classes)
		_, err = trust(first).Check(b, "minipc", time.Now())
		return err
	}
	require.Equal(t, bundle.Unsigned, bundle.ReasonOf(check(at("root.json"))))
	must("bundle", "sign", file, "--key", at("1.key"))
	must("bundle", "sign", file, "--key", at("1.key"))
	require.Equal(t, bundle.TooFew, bundle.ReasonOf(check(at("root.json"))), "a key counts once")
	require.Contains(t, must("bundle", "sign", file, "--key", at("3.key")), "version 12, keys that have signed: 2")
	require.NoError(t, check(at("root.json")))

	// Key 3 is lost; key 4 takes its place, by the word of 1 and 2, one after the other.
	require.Contains(t, must("bundle", "root", "--after", at("root.json"), "--key", one, "--key", two, "--key", four, "--sign", at("1.key"), "--out", at("half.json")), "root set 2, 2 of 3 keys sign; it does not count yet")
	require.Contains(t, must("bundle", "root", "--after", at("half.json"), "--sign", at("2.key"), "--out", at("new.json")), "root set 2, 2 of 3 keys sign; it counts")
	require.NoError(t, os.Remove(file))
	must("bundle", "build", description, "--version", "13", "--class", "kiosk", "--roots", at("new.json"), "--out", file)
	must("bundle", "sign", file, "--key", at("3.key"))
	must("bundle", "sign", file, "--key", at("1.key"))
	require.Equal(t, bundle.TooFew, bundle.ReasonOf(check(at("root.json"))), "key 3 counts for nothing")
	must("bundle", "sign", file, "--key", at("4.key"))
	require.NoError(t, check(at("root.json")), "who only has the old set learns the new one")

	for name, args := range map[string][]string{
		"over another":     {"build", description, "--version", "14", "--out", file},
		"no number":        {"build", description, "--out", at("x")},
		"no description":   {"build", at("none"), "--version", "1", "--out", at("x")},
		"not one":          {"build", at("root.json"), "--version", "1", "--out", at("x")},
		"over in no time":  {"build", description, "--version", "1", "--lasts", "0s", "--out", at("x")},
		"no key":           {"sign", file, "--key", at("9.key")},
		"nothing to sign":  {"sign", at("none"), "--key", at("1.key")},
		"no keys":          {"root", "--out", at("x")},
		"not a key":        {"root", "--key", "abc", "--out", at("x")},
		"too few for that": {"root", "--key", one, "--out", at("x")},
		"no root sets":     {"root", "--after", file, "--key", one, "--key", two, "--out", at("x")},
	} {
		_, err := run(append([]string{"bundle"}, args...)...)
		require.ErrorAs(t, err, &process.UsageError{}, name)
		require.NoFileExists(t, at("x"), name)
	}
	_, err := run("bundle", "sign", at("root.json"), "--key", at("1.key"))
	require.Equal(t, bundle.Tampered, bundle.ReasonOf(err))
}
