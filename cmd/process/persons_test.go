package process_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func TestMasterKeysOfPersons(t *testing.T) {
	dir := t.TempDir()
	device := filepath.Join(dir, "device.key")
	first, err := process.PersonKeys("", device)
	require.NoError(t, err)
	again, err := process.PersonKeys("", device)
	require.NoError(t, err)
	require.Equal(t, first.Mark(), again.Mark())

	rotate := func() string {
		var out bytes.Buffer
		cmd := process.PersonKeyCommand("any.yaml", func(string) (string, string, error) { return "", device, nil })
		cmd.SetOut(&out)
		cmd.SetArgs([]string{})
		require.NoError(t, cmd.ExecuteContext(t.Context()))
		return out.String()
	}
	require.Contains(t, rotate(), "start the program anew")
	next, err := process.PersonKeys("", device)
	require.NoError(t, err)
	require.NotEqual(t, first.Mark(), next.Mark())
	require.Equal(t, [][]byte{first.Mark()}, next.Older())

	// What systemd gives wins, and is never written to.
	given := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", given)
	here, err := process.PersonKeys("", device)
	require.NoError(t, err)
	require.Equal(t, next.Mark(), here.Mark(), "there is no such credential")
	require.NoError(t, os.WriteFile(filepath.Join(given, "persons.key"), []byte(first64), 0o400))
	for mode, fits := range map[os.FileMode]bool{0o400: true, 0o440: true, 0o444: false, 0o460: false} { // 0440 with an access list, since systemd 254
		require.NoError(t, os.Chmod(filepath.Join(given, "persons.key"), mode))
		here, err = process.PersonKeys("", device)
		if !fits {
			require.ErrorContains(t, err, "chmod 400", "%04o", mode)
			continue
		}
		require.NoError(t, err, "%04o", mode)
		require.Empty(t, here.Older())
	}
	require.Regexp(t, `^[0-9a-f]{64}\n$`, rotate())
	text, err := os.ReadFile(filepath.Join(given, "persons.key"))
	require.NoError(t, err)
	require.Equal(t, first64, string(text))
}

const first64 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
