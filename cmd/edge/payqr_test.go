package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

func TestPayQRPrintsACodeThatIsRead(t *testing.T) {
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := payQRCommand()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	file := filepath.Join(t.TempDir(), "pay.png")
	out, err := run("--bank", "970415", "--account", "0011001932418", "--amount", "120000", "--purpose", "UNGHOLULUT", "--png", file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	fields, err := payment.Decode(lines[len(lines)-1])
	require.NoError(t, err)
	require.Contains(t, fields, payment.Field{ID: "54", Value: "120000"})
	picture, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(picture, []byte("\x89PNG")))
	out, err = run("--scheme", "promptpay_phone", "--account", "0812345678", "--json")
	require.NoError(t, err)
	require.Contains(t, out, `"text":"00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"`)
	for _, bad := range [][]string{{}, {"--bank", "1", "--account", "1"}, {"--bank", "970415", "--account", "1", "--purpose", "ă"}} {
		_, err = run(bad...)
		var usage process.UsageError
		require.ErrorAs(t, err, &usage, bad)
	}
}
