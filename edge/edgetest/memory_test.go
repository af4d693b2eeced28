package edgetest_test

import (
	"testing"
	"time"

	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	edgetest.Contract(t, func(_ *testing.T, now func() time.Time) edgetest.Shop { return edgetest.NewMemory(now) })
}
