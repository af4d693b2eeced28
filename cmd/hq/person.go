package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func personCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "person", Short: "Delete or export what is kept of a person, at headquarters and in all shops"}
	cmd.AddCommand(personDeleteCommand(), personDeletionCommand(), personExportCommand(),
		process.PersonKeyCommand("/etc/mirrorcart/hq.yaml", func(config string) (string, string, error) {
			cfg, err := firmwarecfg.LoadHQ(config, os.Environ())
			if err != nil {
				return "", "", err
			}
			return cfg.PersonKeys, cfg.Key, nil
		}))
	return cmd
}

// personFlags are whom a command is about, and how long it waits for shops.
type personFlags struct {
	clientFlags
	phone string
	wait  time.Duration
}

func (f *personFlags) add(cmd *cobra.Command) {
	f.clientFlags.add(cmd)
	cmd.Flags().StringVar(&f.phone, "phone", "", "the person's telephone number; - reads it from standard input, so that it stands in no history")
	cmd.Flags().DurationVar(&f.wait, "wait", 10*time.Second, "how long to wait for the shops' answers; they answer later all the same")
}

// begin is headquarters, and the telephone number of whom the command is about.
func (f *personFlags) begin(cmd *cobra.Command) (*headquarters.Client, string, error) {
	client, err := f.client()
	if err != nil {
		return nil, "", err
	}
	phone, err := f.number(cmd.InOrStdin())
	return client, phone, err
}

// number is the telephone number that was given.
func (f *personFlags) number(in io.Reader) (string, error) {
	phone := f.phone
	if phone == "-" {
		line, err := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("standard input: %w", err)
		}
		phone = strings.TrimSpace(line)
	}
	if phone == "" {
		return "", process.UsageError{Err: errors.New("whom? give --phone")}
	}
	return phone, nil
}

// wrongUse makes what headquarters will never take a wrong use.
func wrongUse(err error) error {
	if e, ok := errors.AsType[*headquarters.APIError](err); ok && e.Status == http.StatusBadRequest {
		return process.UsageError{Err: err}
	}
	return err
}

// untilAnswered asks again until no shop is waited for, or the time is over.
func untilAnswered(ctx context.Context, wait time.Duration, waiting func(context.Context) (int, error)) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		n, err := waiting(ctx)
		if ctx.Err() != nil || err == nil && n == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func personDeleteCommand() *cobra.Command {
	var f personFlags
	var asJSON bool
	var why string
	cmd := &cobra.Command{
		Use:   "delete --phone NUMBER",
		Short: "Delete all that is kept of a person, at headquarters and in all shops",
		Long: `Delete all that is kept of a person, at headquarters and in all shops: the key
by which it is sealed is destroyed. It is refused while an order of the person is
on its way. Shops without a line do it as soon as they are reached; hq person
deletion shows which have.`,
		Example: "  hq person delete --phone '0901 234 567'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, phone, err := f.begin(cmd)
			if err != nil {
				return err
			}
			signed, err := client.DeletePerson(cmd.Context(), phone, hq.DeletionReason(why))
			if err != nil {
				return wrongUse(err)
			}
			err = untilAnswered(cmd.Context(), f.wait, func(ctx context.Context) (int, error) {
				now, err := client.Deletion(ctx, signed.ID)
				if err != nil {
					return 0, err
				}
				signed = now
				d, err := now.Open(nil)
				if err != nil {
					return 0, err
				}
				return len(d.Waiting), nil
			})
			if err != nil {
				return err
			}
			return tellDeletion(cmd.OutOrStdout(), signed, nil, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&why, "why", string(hq.DeletedAsked), fmt.Sprintf("the reason, for the record: one of %v", hq.DeletionReasons()))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the signed record as one line of JSON")
	return cmd
}

func personDeletionCommand() *cobra.Command {
	var f clientFlags
	var asJSON bool
	var key string
	cmd := &cobra.Command{
		Use:     "deletion ID",
		Short:   "Show the signed record of a deletion: when, by whom, and which shops have done it",
		Example: "  hq person deletion 0199f1c2-7c1e-7a51-9d0c-3d3f3f0a8a11 --key \"$(hq keys --key /var/lib/mirrorcart-hq/hq.key)\"",
		Args:    process.Args("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var public ed25519.PublicKey
			if key != "" {
				var err error
				if public, err = firmwarecfg.ParsePublicKey(key); err != nil {
					return process.UsageError{Err: fmt.Errorf("--key: %w", err)}
				}
			}
			client, err := f.client()
			if err != nil {
				return err
			}
			signed, err := client.Deletion(cmd.Context(), args[0])
			if err != nil {
				return wrongUse(err)
			}
			return tellDeletion(cmd.OutOrStdout(), signed, public, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&key, "key", "", "headquarters' public key, as hq keys prints it; without it the one in the record is believed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the signed record as one line of JSON")
	return cmd
}

func tellDeletion(w io.Writer, signed *hq.SignedDeletion, key ed25519.PublicKey, asJSON bool) error {
	d, err := signed.Open(key)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(w).Encode(signed)
	}
	fmt.Fprintf(w, "deletion %s\nasked for by %s on %s%s\nheadquarters: contacts deleted: %d; conversations deleted: %d\n",
		d.ID, d.By, d.At.Format(time.RFC3339), reason(d), d.Contacts, d.Chats)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range d.Shops {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\tevent %d of lane %s\n", f.Shop, f.Node, f.At.Format(time.RFC3339), f.Says, f.Seq, f.Lane)
	}
	for _, wait := range d.Waiting {
		fmt.Fprintf(table, "%s\t%s\twaiting: it was not reached yet\n", wait.Shop, wait.Node)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "signed by headquarters, key %s\n", signed.Key)
	return err
}

func reason(d *hq.Deletion) string {
	if d.Why == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", d.Why)
}

func personExportCommand() *cobra.Command {
	var f personFlags
	cmd := &cobra.Command{
		Use:   "export --phone NUMBER",
		Short: "Print all that is kept of a person, as JSON",
		Long: `Print all that is kept of a person as JSON: what, since when, by which agreement
and for what, at headquarters and in each shop. Shops that have not told within
--wait stand in waiting.`,
		Example: "  hq person export --phone '0901 234 567' > person.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, phone, err := f.begin(cmd)
			if err != nil {
				return err
			}
			e, err := client.ExportPerson(cmd.Context(), phone)
			if err != nil {
				return wrongUse(err)
			}
			err = untilAnswered(cmd.Context(), f.wait, func(ctx context.Context) (int, error) {
				now, err := client.PersonExport(ctx, e.ID)
				if err != nil {
					return 0, err
				}
				e = now
				return len(e.Waiting), nil
			})
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetIndent("", "  ")
			out.SetEscapeHTML(false)
			return out.Encode(e)
		},
	}
	f.add(cmd)
	return cmd
}
