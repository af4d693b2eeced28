package ticket_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	"github.com/mirrorcart/mirrorcart/edge/ticket/tickettest"
)

// terminal is a device file that a printer serves at its other end: like
// /dev/usb/lp0 it is read and written without blocking, and hangs up.
func terminal(t *testing.T) (end *os.File, device string) {
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	raw, err := end.SyscallConn()
	require.NoError(t, err)
	var number int
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed != nil {
			return
		}
		if number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); failed != nil {
			return
		}
		var line *unix.Termios
		if line, failed = unix.IoctlGetTermios(int(fd), unix.TCGETS); failed != nil {
			return
		}
		line.Iflag, line.Oflag, line.Lflag = 0, 0, 0 // every byte as it is
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, line)
	}))
	require.NoError(t, failed)
	return end, fmt.Sprintf("/dev/pts/%d", number)
}

func TestAPrinterAtADeviceFile(t *testing.T) {
	s := newShop(t)
	end, device := terminal(t)
	// Whoever holds the device open keeps it from hanging up between two jobs.
	held, err := os.OpenFile(device, os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	defer held.Close()
	p := tickettest.New()
	served := make(chan struct{})
	go func() { defer close(served); p.Serve(end) }()
	s.desk.Device = &ticket.Device{Address: device, Patience: within}
	stop := s.run(t)
	s.sell(t)
	s.until(t, edge.PrintPrinted, "")
	require.Len(t, p.Papers(), 1)
	require.Zero(t, len(p.Papers()[0].Garbage))
	stop()
	require.NoError(t, end.Close())
	<-served

	s.desk.Device.Address = device + "-gone"
	s.run(t)
	s.untilPrinter(t, edge.PrinterOffline)
}
