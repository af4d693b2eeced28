package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// The sheet's measures, pixels.
const (
	cellWidth  = 320
	cellHeight = 380
	nameWidth  = 190 // left of the rows
	nameHeight = 36  // above the columns
)

// maxSheetFaces bounds the sheet's width.
const maxSheetFaces = 40

// sheetLooks are the rows of a sheet: every kind of layer in each of its ways,
// with the demo shop's shapes.
//
//go:embed sheet.json
var sheetLooks []byte

// sheetRow is one row of the contact sheet.
type sheetRow struct {
	Name string `json:"name"`
	ar.Look
}

// drawSheet writes the contact sheet: a row for each look, a column for every
// face of the pictures and, from videos, for the frames in which the head is
// turned the furthest to each side.
func (j *lookJob) drawSheet(ctx context.Context, stdout io.Writer) (err error) {
	rows, shapes, err := j.sheetRows()
	if err != nil {
		return err
	}
	set, err := j.openModels()
	if err != nil {
		return err
	}
	var faces []sheetFace
	for _, source := range j.faceFiles {
		found, err := j.sheetFaces(ctx, set, source)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		faces = append(faces, found...)
	}
	for k := range faces {
		faces[k].face.ID = k + 1 // other files' faces have the same numbers
	}
	if len(faces) == 0 || len(faces) > maxSheetFaces {
		return fmt.Errorf("%d faces: want 1 to %d on a sheet", len(faces), maxSheetFaces)
	}
	r, err := look.New(set.Head, shapes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	sheet, err := newSheet(len(faces), len(rows))
	if err != nil {
		return err
	}
	for i, row := range rows {
		if err := r.Check(row.Look); err != nil {
			return fmt.Errorf("%s: %w", row.Name, j.whereShapes(err))
		}
		sheet.rowName(i, row.Name)
		for k := range faces {
			if err := faces[k].wear(r, row.Look, sheet.cell(i, k)); err != nil {
				return fmt.Errorf("%s on %s: %w", row.Name, faces[k].name, err)
			}
		}
	}
	for k := range faces {
		sheet.columnName(k, faces[k].name)
	}
	if err := sheet.write(j.sheet); err != nil {
		return err
	}
	size := sheet.image.Rect.Size()
	_, err = fmt.Fprintf(stdout, "%s: %d × %d pixels, %d rows × %d faces\n", j.sheet, size.X, size.Y, len(rows), len(faces))
	return err
}

// checkSheet reports what is wrong with a command line that asks for a sheet.
func (j *lookJob) checkSheet() error {
	if j.in != "" || j.out != "" || j.landmarks != "" {
		return errors.New("--sheet goes without --in, --out and --landmarks: name its pictures and videos after it")
	}
	if len(j.faceFiles) == 0 {
		return errors.New("--sheet shows nobody: name pictures or videos after it")
	}
	if filepath.Ext(j.sheet) != ".png" {
		return fmt.Errorf("--sheet %s: the name must end in .png", j.sheet)
	}
	for _, in := range j.faceFiles {
		if sameFile(in, j.sheet) {
			return fmt.Errorf("%s would be overwritten: name another file", in)
		}
	}
	return nil
}

// sheetRows are the looks to draw and the shapes they need: every kind of
// layer, or the one look that was named beside the bare face.
func (j *lookJob) sheetRows() (rows []sheetRow, shapes fs.FS, err error) {
	if j.look != "" {
		worn, err := readLookFile(j.look)
		return []sheetRow{{Name: "bare"}, {filepath.Base(j.look), worn}}, j.shapes(), err
	}
	if err := json.Unmarshal(sheetLooks, &rows); err != nil {
		return nil, nil, err
	}
	if j.assets != "" {
		return rows, os.DirFS(j.assets), nil
	}
	shapes, err = fs.Sub(demoFiles, "demo/shop/tryon")
	return rows, shapes, err
}

// sheetFace is a face to draw on.
type sheetFace struct {
	name  string
	frame ar.Frame
	face  ar.Face
}

func (j *lookJob) sheetFaces(ctx context.Context, set *models.Set, source string) (list []sheetFace, err error) {
	still := camera.IsPicture(source)
	tracker, err := newTracker(set, j.faces, 0, still)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tracker.Close()) }()
	if !still {
		return turnedFaces(ctx, tracker, source)
	}
	var f ar.Frame
	if err := camera.ReadPicture(source, &f); err != nil {
		return nil, err
	}
	found, err := tracker.Track(nil, &f)
	if err != nil {
		return nil, err
	}
	for i := range found {
		list = append(list, sheetFace{filepath.Base(source), f, found[i]})
	}
	return list, nil
}

// wear draws worn on a copy of the face's frame, and its part around the face
// onto dst.
func (s *sheetFace) wear(r *look.Renderer, worn ar.Look, dst draw.Image) error {
	f := s.frame
	f.Pix = append([]byte(nil), f.Pix...)
	if err := r.Draw(&f, []ar.Face{s.face}, worn); err != nil {
		return err
	}
	part := cut(&f, s.around())
	xdraw.CatmullRom.Scale(dst, dst.Bounds(), part, part.Rect, draw.Src, nil)
	return nil
}

// around is the part of the frame that shows head, ears and neck, in the
// proportions of a cell.
func (s *sheetFace) around() image.Rectangle {
	w, h := float64(s.frame.Width), float64(s.frame.Height)
	x0, y0, x1, y1 := w, h, 0.0, 0.0
	for _, p := range s.face.Points {
		x, y := float64(p.X)*w, float64(p.Y)*h
		x0, x1 = min(x0, x), max(x1, x)
		y0, y1 = min(y0, y), max(y1, y)
	}
	side := max(x1-x0, y1-y0) * 0.85
	x, y := (x0+x1)/2, (y0+y1)/2+0.15*side
	tall := side * cellHeight / cellWidth
	return image.Rect(int(x-side), int(y-tall), int(x+side), int(y+tall))
}

// cut is a part of f, black where it goes over the edge.
func cut(f *ar.Frame, part image.Rectangle) *image.RGBA {
	m := image.NewRGBA(part)
	draw.Draw(m, part, image.Black, image.Point{}, draw.Src)
	inside := part.Intersect(image.Rect(0, 0, f.Width, f.Height))
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		for x := inside.Min.X; x < inside.Max.X; x++ {
			px := f.Pix[3*(y*f.Width+x):][:3]
			m.SetRGBA(x, y, color.RGBA{px[2], px[1], px[0], 255})
		}
	}
	return m
}

// sheet is the picture that is made.
type sheet struct {
	image *image.RGBA
	face  font.Face
}

func newSheet(columns, rows int) (*sheet, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 20, DPI: 72})
	if err != nil {
		return nil, err
	}
	s := &sheet{image.NewRGBA(image.Rect(0, 0, nameWidth+columns*cellWidth, nameHeight+rows*cellHeight)), face}
	draw.Draw(s.image, s.image.Rect, image.White, image.Point{}, draw.Src)
	return s, nil
}

func (s *sheet) cell(row, column int) draw.Image {
	p := image.Pt(nameWidth+column*cellWidth, nameHeight+row*cellHeight)
	return s.image.SubImage(image.Rectangle{p, p.Add(image.Pt(cellWidth-4, cellHeight-4))}).(draw.Image)
}

func (s *sheet) rowName(row int, name string) {
	s.text(8, nameHeight+row*cellHeight+cellHeight/2, name)
}

func (s *sheet) columnName(column int, name string) {
	s.text(nameWidth+column*cellWidth+4, nameHeight-10, name)
}

func (s *sheet) text(x, y int, text string) {
	d := font.Drawer{Dst: s.image, Src: image.Black, Face: s.face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

func (s *sheet) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, s.image), f.Close())
}
