package hq

import (
	"testing"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t, "-rapid.checks", "20") }
