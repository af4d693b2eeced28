package main

import "github.com/spf13/cobra"

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: is it fast enough for the shop?",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(benchARCommand(), benchAPICommand(), benchSaleCommand(), benchSyncCommand(), benchCrashCommand())
	return cmd
}
