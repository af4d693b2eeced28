// Command edge is the gateway of a shop: mirror, cart, till and the line to
// headquarters, on one small computer.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// version is set when a release is built.
var version = "dev"

func main() { os.Exit(process.Main(newRoot())) }

func newRoot() *cobra.Command {
	return process.Root("edge", "The in-store gateway: mirror, cart, till and the line to headquarters", version,
		demoCommand(), runCommand(), lookCommand(), benchCommand(), pinCommand(), tabletCommand(), setupCommand(), deviceCommand(), bundleCommand(),
		checkCommand(), backupCommand(), restoreCommand(), exportCommand(), ticketCommand(), payQRCommand(), handoffCommand(), personCommand(),
		healthCommand(), claimCommand(),
		process.Keys("Print the gateway's public key for enrolment at headquarters; makes the key where there is none", firmwarecfg.DefaultEdge().Keys.Device))
}
