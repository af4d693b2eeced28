package firmwarecfg

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tool is the path of a Debian tool; servers lie where only root looks.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + name); err == nil {
			return path
		}
	}
	require.FailNow(t, name+" is missing: make setup-test installs it")
	return ""
}

// told is what a tool says and whether it was content.
func told(t *testing.T, name string, args ...string) (string, bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), tool(t, name), args...).CombinedOutput()
	return string(out), err == nil
}

// tempFile has the text under a name of its own.
func tempFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return file
}

// Debian's own tools are content with what is rendered, and each would not be with
// a slip of the pen.
func TestDebiansToolsReadTheFiles(t *testing.T) {
	for _, tc := range []struct {
		path      string
		old, slip string
		fault     func(t *testing.T, text string) string // empty for none
	}{
		{"etc/systemd/system/mirrorcart-kiosk.service.d/screen.conf", "MemoryMax=", "MemoryMax=much", screenFault},
		{"etc/nftables.conf", "saddr 10.0.7.0/24", "saddr 10.0.7.0/240", nftFault},
		{"etc/chrony/conf.d/mirrorcart.conf", "makestep", "makestop", chronyFault},
		{"etc/udev/rules.d/70-mirrorcart.rules", "SYMLINK+=", "SYMLINKS+=", udevFault},
	} {
		for profile, file := range described {
			text, ok := render(t, parseDevice(t, file))[tc.path]
			if !ok {
				require.Equal(t, Tablet, profile, "%s is missing", tc.path)
				continue
			}
			require.Empty(t, tc.fault(t, text), "%s of %s", tc.path, profile)
			if strings.Contains(text, tc.old) {
				require.NotEmpty(t, tc.fault(t, strings.Replace(text, tc.old, tc.slip, 1)), "a slip in %s of %s", tc.path, profile)
			}
		}
	}
}

// So they are with the files that the program's package brings, and nothing that is
// rendered takes the place of one of them: a newer package would change nothing.
func TestThePackagesUnits(t *testing.T) {
	for _, tc := range []struct {
		name, old, slip string
		fault           func(t *testing.T, text string) string
	}{
		{"mirrorcart.service", "LockPersonality", "LockPersonalities", unitFault},
		{"mirrorcart-bundle.service", "ProcSubset", "ProcSubsets", unitFault},
		{"mirrorcart-bundle.path", "PathExistsGlob=", "PathsExistGlob=", pathFault},
		{"mirrorcart-kiosk.service", "MemoryMax=", "MemoryMax=much", unitFault},
		{"sysusers.conf", "m mirrorcart lp", "x mirrorcart lp", sysusersFault},
	} {
		text := packaged(t, tc.name)
		require.Empty(t, tc.fault(t, text), tc.name)
		require.Contains(t, text, tc.old)
		require.NotEmpty(t, tc.fault(t, strings.Replace(text, tc.old, tc.slip, 1)), "a slip in %s", tc.name)
	}
	for _, file := range described {
		for path := range render(t, parseDevice(t, file)) {
			for _, folder := range []string{"systemd/system", "sysusers.d"} {
				require.NotEqual(t, "etc/"+folder, filepath.Dir(path), "%s hides what the package brings", path)
			}
		}
	}
}

// What is in memory while somebody is at the mirror reaches no disk by way of systemd.
func TestNoMemoryOfTheMirrorIsOnADisk(t *testing.T) {
	for _, unit := range []string{"mirrorcart.service", "mirrorcart-kiosk.service"} {
		for _, set := range []string{"\nLimitCORE=0\n", "\nMemorySwapMax=0\n"} {
			require.Contains(t, packaged(t, unit), set, unit)
		}
	}
}

// packaged is a file that the program's package brings.
func packaged(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("device", name))
	require.NoError(t, err)
	return string(text)
}

// screenFault is what systemd does not understand of a drop-in of the screen's unit.
func screenFault(t *testing.T, text string) string {
	return unitFault(t, packaged(t, "mirrorcart-kiosk.service")+text)
}

// The screen of a machine opens the page that its description says, with the memory
// that its kind can spare.
func TestTheScreenShowsItsMachinesPage(t *testing.T) {
	require.Contains(t, packaged(t, "mirrorcart-kiosk.service"), "    ${KIOSK_PAGE} \\\n")
	for profile, want := range map[Profile]string{MiniPC: "MemoryMax=2G", ARM64: "MemoryMax=1G"} {
		d := parseDevice(t, described[profile])
		d.Edge.HTTP.Addr = "127.0.0.1:8099"
		text := render(t, d)["etc/systemd/system/mirrorcart-kiosk.service.d/screen.conf"]
		require.Contains(t, text, "\n[Service]\nEnvironment=KIOSK_PAGE=http://127.0.0.1:8099/\n"+want+"\n")
	}
}

// Bundles are waited for where the gateway leaves them, and root's part may empty
// that folder.
func TestBundlesAreTakenFromTheDataFolder(t *testing.T) {
	files := render(t, parseDevice(t, described[ARM64]))
	const unit, inbox = "mirrorcart-bundle.path", "/srv/mirrorcart/bundle/inbox/*.bundle"
	of := func(unit string) string { return files["etc/systemd/system/"+unit+".d/paths.conf"] }
	both := packaged(t, unit) + of(unit)
	require.Empty(t, pathFault(t, both))
	require.NotEmpty(t, pathFault(t, strings.ReplaceAll(both, "PathExistsGlob="+inbox, "PathExistsGlob=srv")))
	require.Regexp(t, `(?m)^PathExistsGlob=\nPathExistsGlob=`+regexp.QuoteMeta(inbox)+`$`, both, "and nowhere else")
	const service = "mirrorcart-bundle.service"
	require.Contains(t, of(service), "\nReadWritePaths=-/srv/mirrorcart\n")
	require.Empty(t, unitFault(t, packaged(t, service)+of(service)))
	require.Empty(t, unitFault(t, packaged(t, "mirrorcart.service")+of("mirrorcart.service")))
	require.NotContains(t, render(t, parseDevice(t, "device.yaml")), "etc/systemd/system/"+unit+".d/paths.conf")
}

// unitFault is what systemd does not understand. That the programs are not
// installed here is none.
func unitFault(t *testing.T, text string) string {
	text = regexp.MustCompile(`(?m)^ExecStart=/usr/bin/[a-z]+`).ReplaceAllString(text, "ExecStart=/bin/true")
	out, ok := told(t, "systemd-analyze", "verify", "--man=no", tempFile(t, "mirrorcart-test.service", text))
	if !ok && out == "" {
		return "systemd-analyze failed"
	}
	return out
}

// pathFault is what systemd does not understand of a path unit, with a service that
// it could start.
func pathFault(t *testing.T, text string) string {
	file := tempFile(t, "mirrorcart-bundle.path", text)
	service := "[Service]\nExecStart=/bin/true\n"
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), "mirrorcart-bundle.service"), []byte(service), 0o644))
	out, ok := told(t, "systemd-analyze", "verify", "--man=no", file)
	if !ok && out == "" {
		return "systemd-analyze failed"
	}
	return out
}

// nftFault asks in a network of its own, in which everybody may.
func nftFault(t *testing.T, text string) string {
	out, ok := told(t, "unshare", "--map-root-user", "--net", tool(t, "nft"), "--check", "--file", tempFile(t, "nftables.conf", text))
	if !ok {
		return "refused: " + out
	}
	return out
}

func chronyFault(t *testing.T, text string) string {
	if out, ok := told(t, "chronyd", "-p", "-f", tempFile(t, "chrony.conf", text)); !ok {
		return "refused: " + out
	}
	return ""
}

// udevFault asks udevadm, which in Debian 12 only reads the system's own folder:
// there it is shown ours.
func udevFault(t *testing.T, text string) string {
	const name = "70-mirrorcart.rules"
	file := tempFile(t, name, text)
	if out, _ := told(t, "udevadm", "--help"); strings.Contains(out, "verify") {
		out, ok := told(t, "udevadm", "verify", "--resolve-names=never", file)
		if !ok {
			return "refused: " + out
		}
		return ""
	}
	const show = `mount --bind "$1" /etc/udev/rules.d && exec udevadm test /sys/class/mem/null 2>&1`
	out, _ := told(t, "unshare", "--map-root-user", "--mount", "sh", "-c", show, "sh", filepath.Dir(file))
	require.Contains(t, out, "Reading rules file: /etc/udev/rules.d/"+name)
	return strings.Join(regexp.MustCompile(name+`:\d+.*`).FindAllString(out, -1), "\n")
}

func sysusersFault(t *testing.T, text string) string {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "etc"), 0o755))
	if out, ok := told(t, "systemd-sysusers", "--root="+root, tempFile(t, "mirrorcart.conf", text)); !ok {
		return "refused: " + out
	}
	users, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	require.NoError(t, err)
	groups, err := os.ReadFile(filepath.Join(root, "etc/group"))
	require.NoError(t, err)
	require.Regexp(t, `(?m)^mirrorcart:.*:/usr/sbin/nologin$`, string(users))
	require.Regexp(t, `(?m)^mirrorcart-kiosk:.*:/usr/sbin/nologin$`, string(users))
	require.Regexp(t, `(?m)^video:.*:mirrorcart$`, string(groups), "the gateway sees the camera, the browser does not")
	return ""
}

// What systemd reckons somebody could do who has taken the service over, from 0 to
// 10. The screen's needs more: a graphics card, and processes of the browser that
// keep each other out.
func TestServicesAreShutIn(t *testing.T) {
	for unit, most := range map[string]string{"mirrorcart.service": "25", "mirrorcart-bundle.service": "25", "mirrorcart-kiosk.service": "45"} {
		file := tempFile(t, unit, packaged(t, unit))
		out, ok := told(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+most, file)
		require.True(t, ok, "%s", out)
		_, ok = told(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=5", file)
		require.False(t, ok, "the threshold counts")
	}
}

// policyKeys are those of Chromium's enterprise policies that are used, and the
// values that mean something there (chromeenterprise.google/policies); bool stands
// for both.
func policyKeys() map[string]any {
	no, list := "bool", []any{}
	return map[string]any{
		"AllowFileSelectionDialogs": no, "AudioCaptureAllowed": no, "AutofillAddressEnabled": no, "AutofillCreditCardEnabled": no,
		"BackgroundModeEnabled": no, "BookmarkBarEnabled": no, "BrowserSignin": 2, "ComponentUpdatesEnabled": no,
		"DefaultGeolocationSetting": 3, "DefaultNotificationsSetting": 3, "DefaultPopupsSetting": 2, "DefaultSearchProviderEnabled": no,
		"DeveloperToolsAvailability": 2, "DnsOverHttpsMode": []string{"off", "automatic", "secure"}, "DownloadRestrictions": 4,
		"EditBookmarksEnabled": no, "ExtensionInstallBlocklist": list, "IncognitoModeAvailability": 2, "MetricsReportingEnabled": no,
		"NetworkPredictionOptions": 2, "PasswordManagerEnabled": no, "PrintingEnabled": no, "PromptForDownloadLocation": no,
		"SafeBrowsingProtectionLevel": 2, "SavingBrowserHistoryDisabled": no, "SearchSuggestEnabled": no, "SpellcheckEnabled": no,
		"SyncDisabled": no, "TaskManagerEndProcessEnabled": no, "TranslateEnabled": no, "URLAllowlist": list, "URLBlocklist": list,
		"VideoCaptureAllowed": no,
	}
}

func TestBrowserPolicy(t *testing.T) {
	var policy map[string]any
	require.NoError(t, json.Unmarshal([]byte(render(t, parseDevice(t, described[ARM64]))["etc/chromium/policies/managed/mirrorcart.json"]), &policy))
	known := policyKeys()
	for key, value := range policy {
		switch want := known[key].(type) {
		case string:
			require.IsType(t, true, value, key)
		case int:
			n, ok := value.(float64)
			require.True(t, ok && n == float64(int(n)) && n >= 0 && int(n) <= want, "%s: %v", key, value)
		case []string:
			require.True(t, slices.Contains(want, value.(string)), "%s: %v", key, value)
		case []any:
			require.IsType(t, want, value, key)
		default:
			require.Fail(t, "Chromium has no such policy", key)
		}
	}
	require.Equal(t, []any{"*"}, policy["URLBlocklist"])
	require.Equal(t, []any{"http://127.0.0.1:8080"}, policy["URLAllowlist"])
	require.Equal(t, false, policy["VideoCaptureAllowed"], "the gateway has the camera, the browser has not")
}
