package shopdir

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"  // for image.DecodeConfig
	"io"
	"path"
	"strings"
)

// maxSide bounds a picture's width and height, in pixels: every kiosk and phone
// unpacks it.
const maxSide = 8192

// checkImage says what is wrong with a picture or a shape, by what is in it; of
// pixels it reads the head alone.
func checkImage(file string, r io.Reader) error {
	kind := map[string]string{".svg": "svg", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}[path.Ext(file)]
	switch kind {
	case "svg":
		return checkSVG(r)
	case "webp":
		b := make([]byte, 12)
		if _, err := io.ReadFull(r, b); err != nil || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
			return errors.New("holds no WebP picture: save it in that format, or mend its ending")
		}
		return nil
	}
	c, is, err := image.DecodeConfig(r)
	switch {
	case err != nil || is != kind:
		return fmt.Errorf("holds no %s picture: save it in that format, or mend its ending", strings.ToUpper(kind))
	case c.Width > maxSide || c.Height > maxSide:
		return fmt.Errorf("has %d x %d pixels, at most %d each way: make it smaller", c.Width, c.Height, maxSide)
	}
	return nil
}

// checkSVG refuses what is more than a drawing: scripts, pages inside it, and
// whatever would be fetched from elsewhere.
func checkSVG(r io.Reader) error {
	d := xml.NewDecoder(r)
	for depth, first := 0, true; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && !first && depth == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("is no SVG drawing (%w): save it again", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if first && t.Name.Local != "svg" {
				return errors.New("is no SVG drawing: save it as plain SVG")
			}
			first = false
			depth++
			err = checkElement(t)
		case xml.EndElement:
			depth--
		case xml.CharData:
			err = checkReferences(string(t))
		case xml.Directive:
			if !bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) || bytes.ContainsRune(t, '[') {
				err = errors.New("declares entities: save it as plain SVG")
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				err = fmt.Errorf("names another file by <?%.20s?>: save it as plain SVG", t.Target)
			}
		}
		if err != nil {
			return err
		}
	}
}

func checkElement(e xml.StartElement) error {
	switch strings.ToLower(e.Name.Local) {
	case "script", "handler", "foreignobject", "iframe", "embed", "object", "audio", "video", "set", "animate", "animatetransform", "animatemotion":
		return fmt.Errorf("holds <%s>, which is more than a drawing: take it out, or save it as plain SVG", e.Name.Local)
	}
	for _, a := range e.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.TrimSpace(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("runs a script by %s: take it out, or save it as plain SVG", a.Name.Local)
		case (name == "href" || name == "src") && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "data:image/png") && !strings.HasPrefix(value, "data:image/jpeg"):
			return fmt.Errorf("needs another file, %.40q: put that into the drawing", value)
		}
		if err := checkReferences(value); err != nil {
			return err
		}
	}
	return nil
}

// checkReferences looks at what a style refers to.
func checkReferences(style string) error {
	style = strings.ToLower(style)
	if strings.Contains(style, "@import") || strings.Contains(style, "javascript:") {
		return errors.New("needs another file by its style: save it as plain SVG")
	}
	for rest := style; ; {
		var found bool
		if _, rest, found = strings.Cut(rest, "url("); !found {
			return nil
		}
		if !strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n\"'"), "#") {
			return fmt.Errorf("needs another file, %.40q: put that into the drawing", rest)
		}
	}
}
