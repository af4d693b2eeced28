package edgetest_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	edgetest.Contract(t, func(_ *testing.T, now func() time.Time) edgetest.Shop { return edgetest.NewMemory(now) })
}

func TestAnyDaysAddUpInMemory(t *testing.T) {
	edgetest.Days(t, 40, func(_ *rapid.T, now func() time.Time) edgetest.Shop { return edgetest.NewMemory(now) })
}
