package main

import (
	"syscall"

	"github.com/mirrorcart/mirrorcart/edge/api"
)

// device looks at the machine for the till's page of it.
func (g *gateway) device() api.Device {
	disk := g.db.Disk()
	d := api.Device{
		Synchronised: clockFollows(), Disk: api.Disk{Free: disk.Free, Short: disk.Short},
		Backup: g.backups.Last(), Cameras: []api.Camera{},
	}
	for _, k := range g.stations {
		s := k.mirror.pipeline.Stats()
		d.Cameras = append(d.Cameras, api.Camera{Kiosk: k.plain.kiosk, OK: s.Camera && s.CameraFault == "", Fault: string(s.CameraFault)})
	}
	return d
}

// clockFollows reports whether a time server sets the machine's clock, as the
// kernel has been told (adjtimex(2)).
func clockFollows() bool {
	const timeError = 5 // TIME_ERROR
	state, err := syscall.Adjtimex(&syscall.Timex{})
	return err == nil && state != timeError
}
