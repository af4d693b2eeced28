package hq

import (
	"errors"
	"io"
)

const (
	readAtOnce = 256       // bodies being read
	smallBody  = 256 << 10 // bytes; what a shop usually sends is far below
)

var errBusy = errors.New("too many requests at once: send again in a few seconds")

// bodies has places for requests' bodies that are being read. Whoever sends slowly
// takes a place among many, and holds little memory; larger bodies have few.
type bodies struct{ all, large chan struct{} }

func newBodies() bodies {
	return bodies{all: make(chan struct{}, readAtOnce), large: make(chan struct{}, ingestAtOnce)}
}

// seat takes a place, or reports that all are taken.
func seat(places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		return false
	}
}

// read reads a body; its error is errBusy where there is no place for it now.
func (b bodies) read(r io.Reader) ([]byte, error) {
	if !seat(b.all) {
		return nil, errBusy
	}
	defer func() { <-b.all }()
	body, err := io.ReadAll(io.LimitReader(r, smallBody))
	if err != nil || len(body) < smallBody {
		return body, err
	}
	if !seat(b.large) {
		return nil, errBusy
	}
	defer func() { <-b.large }()
	rest, err := io.ReadAll(r)
	return append(body, rest...), err
}
