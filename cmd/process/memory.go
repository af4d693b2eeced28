package process

import (
	"os"
	"runtime/debug"
)

// roomyGC is the garbage that may gather before it is collected, in percent of
// what is in use: headquarters passes a lot through and keeps little, so that
// Go's 100 would have it collect many times a second.
const roomyGC = 400

// CollectRarely trades memory for speed, as a service does that has a computer to
// itself. The variable GOGC wins.
func CollectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(roomyGC)
	}
}
