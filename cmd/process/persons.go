package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/edge/person"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// personKeys is what the file of master keys is called, as a credential of
// systemd and where settings name none.
const personKeys = "persons.key"

// PersonKeys reads the master keys of persons: from systemd's credential
// persons.key, else from the file that the settings name, else from persons.key
// beside another key. The file is made where there is none.
func PersonKeys(file, besideKey string) (*person.Keys, error) {
	path, given := personKeysPath(file, besideKey)
	load := func() ([]byte, error) {
		return firmwarecfg.LoadOrCreateSecret(path, func() string { return person.Line() + "\n" })
	}
	if given {
		load = func() ([]byte, error) { return firmwarecfg.LoadCredential(path) }
	}
	text, err := load()
	if err != nil {
		return nil, fmt.Errorf("master keys: %w", err)
	}
	keys, err := person.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("master keys: %s: %w: put its copy back, or move it away for a new key, with which the names and addresses of before cannot be read", path, err)
	}
	return keys, nil
}

func personKeysPath(file, besideKey string) (path string, given bool) {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		path = filepath.Join(dir, personKeys)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	if file == "" {
		file = filepath.Join(filepath.Dir(besideKey), personKeys)
	}
	return file, false
}

// PersonKeyCommand makes another master key. files reads from the settings where
// the keys are.
func PersonKeyCommand(config string, files func(config string) (file, besideKey string, err error)) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make another master key for names, telephone numbers and addresses",
		Long: `Make another master key for names, telephone numbers and addresses, and put it
first into the file of master keys. Start the program anew then: it seals the
keys of all persons with it, while people work, and says so in its log. From then
on the lines below the first are needed for older backups alone; remove them when
those are gone.

Where systemd gives the keys as a credential the new line is printed instead: put
it before the others, and encrypt the credential anew.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, beside, err := files(config)
			if err != nil {
				return UsageError{Err: err}
			}
			path, given := personKeysPath(file, beside)
			line := person.Line() + "\n"
			if given {
				_, err := fmt.Fprint(cmd.OutOrStdout(), line)
				return err
			}
			if err := ActAsOwner(filepath.Dir(path)); err != nil {
				return err
			}
			text, err := firmwarecfg.LoadSecret(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			text = append([]byte(line), text...)
			if _, err := person.Parse(text); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if err := firmwarecfg.ReplaceSecret(path, text); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s begins with another master key: start the program anew, it seals with that from then on\n", path)
			return err
		},
	}
	cmd.Flags().StringVar(&config, "config", config, "configuration file")
	return cmd
}
