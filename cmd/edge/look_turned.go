package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
)

// views are the frames of a video that are worth a look: how much a frame is
// of each kind. The one that is it most is taken.
var views = []struct {
	name string
	of   func(ar.Pose) float64
}{
	{"straight", func(p ar.Pose) float64 { return -math.Abs(p.Yaw) - math.Abs(p.Pitch) - math.Abs(p.Roll) }},
	{"yaw left", func(p ar.Pose) float64 { return p.Yaw }},
	{"yaw right", func(p ar.Pose) float64 { return -p.Yaw }},
	{"down", func(p ar.Pose) float64 { return p.Pitch }},
	{"up", func(p ar.Pose) float64 { return -p.Pitch }},
	{"roll left", func(p ar.Pose) float64 { return p.Roll }},
	{"roll right", func(p ar.Pose) float64 { return -p.Roll }},
}

// turnedFaces takes from a video the frames in which the nearest face looks
// straight and is turned the furthest each way.
func turnedFaces(ctx context.Context, tracker ar.Tracker, source string) (list []sheetFace, err error) {
	video, err := camera.OpenVideo(source)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, video.Close()) }()
	best := make([]float64, len(views))
	list = make([]sheetFace, len(views))
	var f ar.Frame
	var faces []ar.Face
	for {
		if err := video.Read(ctx, &f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if faces, err = tracker.Track(faces[:0], &f); err != nil {
			return nil, err
		}
		if len(faces) == 0 || !faces[0].Pose.Valid {
			continue
		}
		pose := faces[0].Pose
		for i, v := range views {
			if score := v.of(pose); list[i].frame.Pix == nil || score > best[i] {
				best[i] = score
				list[i].take(fmt.Sprintf("%s %+.0f° %+.0f° %+.0f°", v.name, pose.Yaw, pose.Pitch, pose.Roll), &f, &faces[0])
			}
		}
	}
	if list[0].frame.Pix == nil {
		return nil, errors.New("no face in the video")
	}
	return list, nil
}

// take makes s that face in that frame. The frame's time is left out: a
// picture by itself does not fade.
func (s *sheetFace) take(name string, f *ar.Frame, face *ar.Face) {
	s.name, s.face = name, *face
	s.frame.Resize(f.Width, f.Height)
	copy(s.frame.Pix, f.Pix)
}
