// Package shopdir reads the folder of files in which a merchandiser keeps a
// shop: shop.yaml, products.csv, pictures/, tryon/ and, if the shop suggests
// complete looks, looks.yaml.
package shopdir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Bounds of shop.yaml and looks.yaml, in bytes.
const (
	maxSettings = 64 << 10
	maxLooks    = 256 << 10
)

// Shop is a shop as its files describe it.
type Shop struct {
	ID         string
	Name       edge.Text
	Currency   string
	Location   *time.Location
	Categories []edge.Category
	Variants   []edge.Variant
	Opening    map[edge.SKU]int64 // pieces in the shop when it opens for the first time
	Looks      []edge.Look
	Pictures   fs.FS
	TryOn      fs.FS
	Brand      Brand
	Language   string // the shopper's pages begin in it: vi, en or zh; empty for the browser's
}

// Brand is how the shop's pages look.
type Brand struct {
	Accent string `yaml:"accent"` // #RRGGBB; empty for the theme's own
	Logo   string `yaml:"logo"`   // a file of the folder of pictures; empty for none
	Kiosk  string `yaml:"kiosk"`  // light or dark; empty is light
	Model  string `yaml:"model"`  // a file of the folder of pictures: who wears things for shoppers without a camera; empty for nobody
}

type settings struct {
	ID         string          `yaml:"id"`
	Name       edge.Text       `yaml:"name"`
	Currency   string          `yaml:"currency"`
	Timezone   string          `yaml:"timezone"`
	Categories []edge.Category `yaml:"categories"`
	Brand      Brand           `yaml:"brand"`
	Language   string          `yaml:"language"`
}

// Open opens the folder that has a shop's files.
func Open(dir string) (fs.FS, error) {
	if _, err := os.Stat(filepath.Join(dir, "shop.yaml")); err != nil {
		return nil, fmt.Errorf("%s is no shop's folder: put shop.yaml and products.csv there, or name another folder: %w", dir, err)
	}
	return OpenFolder(dir)
}

// OpenFolder opens a folder of which no link leads out: a picture is shown to
// everybody, and could be any file of the machine otherwise.
func OpenFolder(dir string) (fs.FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return root.FS(), nil // open as long as it is used
}

// Zone is the time zone of a shop's folder.
func Zone(dir string) (*time.Location, error) {
	files, err := Open(dir)
	if err != nil {
		return nil, err
	}
	set, err := readSettings(files)
	if err != nil {
		return nil, fmt.Errorf("shop.yaml: %w", err)
	}
	zone, err := time.LoadLocation(set.Timezone)
	if err != nil {
		return nil, fmt.Errorf("shop.yaml: timezone: %w", err)
	}
	return zone, nil
}

// Read reads a shop's folder. Its error names the file and every fault in it.
func Read(dir fs.FS) (*Shop, error) {
	products, err := dir.Open("products.csv")
	if err != nil {
		return nil, err
	}
	defer products.Close()
	return ReadTable(dir, "products.csv", products, dir)
}

// ReadTable reads a shop's folder with another product table, called name in
// errors, and another folder of images: one with pictures/ and tryon/ in it, or
// one that holds all files.
func ReadTable(dir fs.FS, name string, products io.Reader, images fs.FS) (*Shop, error) {
	set, err := readSettings(dir)
	if err != nil {
		return nil, fmt.Errorf("shop.yaml: %w", err)
	}
	s := &Shop{ID: set.ID, Name: set.Name, Currency: set.Currency, Categories: set.Categories, Brand: set.Brand, Language: set.Language}
	if s.Location, err = time.LoadLocation(set.Timezone); err != nil {
		return nil, fmt.Errorf("shop.yaml: timezone: %w", err)
	}
	if s.Pictures, err = folder(images, edge.PictureFolder); err != nil {
		return nil, err
	}
	if err = s.Brand.look(s.Pictures); err != nil {
		return nil, fmt.Errorf("shop.yaml: brand.%w", err)
	}
	if s.TryOn, err = folder(images, edge.TryOnFolder); err != nil {
		return nil, err
	}
	rules := edge.CatalogueRules{
		Currency: s.Currency, Categories: s.Categories,
		Picture: looker(s.Pictures), Shape: looker(s.TryOn),
	}
	if s.Variants, s.Opening, err = rules.Read(products); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s.Looks, err = readLooks(dir, s.Variants); err != nil {
		return nil, fmt.Errorf("looks.yaml: %w", err)
	}
	return s, nil
}

// look says what is wrong with the logo's and the model's pictures.
func (b Brand) look(pictures fs.FS) error {
	for _, p := range []struct{ key, file string }{{"logo", b.Logo}, {"model", b.Model}} {
		if p.file == "" {
			continue
		}
		if !fs.ValidPath(p.file) {
			return fmt.Errorf("%s: %q: name a file of the folder %s", p.key, p.file, edge.PictureFolder)
		}
		if err := look(pictures, p.file); err != nil {
			return fmt.Errorf("%s: %w", p.key, err)
		}
	}
	return nil
}

// folder is the named folder of images, or all of it where there is none.
func folder(images fs.FS, name string) (fs.FS, error) {
	if st, err := fs.Stat(images, name); err != nil || !st.IsDir() {
		return images, nil //nolint:nilerr // a flat folder is as good
	}
	return fs.Sub(images, name)
}

// looker says what is wrong with a file of dir. It looks at each once, however
// many products show it.
func looker(dir fs.FS) func(string) error {
	seen := map[string]error{}
	return func(file string) error {
		err, known := seen[file]
		if !known {
			err = look(dir, file)
			seen[file] = err
		}
		return err
	}
}

func look(dir fs.FS, file string) error {
	st, err := fs.Stat(dir, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("file %s is not there: add it, or mend its name here", file)
	case err != nil:
		return fmt.Errorf("file %s cannot be read (a link out of its folder?): put the file itself there", file)
	case !st.Mode().IsRegular() || st.Size() == 0:
		return fmt.Errorf("file %s is empty or no file: put a picture there", file)
	case st.Size() > edge.MaxAssetBytes:
		return fmt.Errorf("file %s has %d bytes, at most %d: make it smaller", file, st.Size(), edge.MaxAssetBytes)
	}
	f, err := dir.Open(file)
	if err != nil {
		return fmt.Errorf("file %s cannot be read: %w", file, err)
	}
	defer f.Close()
	if err := checkImage(file, f); err != nil {
		return fmt.Errorf("file %s %w", file, err)
	}
	return nil
}

func readSettings(dir fs.FS) (*settings, error) {
	var s settings
	if err := readYAML(dir, "shop.yaml", maxSettings, &s); err != nil {
		return nil, err
	}
	return &s, s.check()
}

// readLooks reads the complete looks; a shop without the file has none.
func readLooks(dir fs.FS, sold []edge.Variant) ([]edge.Look, error) {
	var items []struct {
		ID    string    `yaml:"id"`
		Name  edge.Text `yaml:"name"`
		Items []struct {
			SKU       edge.SKU `yaml:"sku"`
			Intensity int      `yaml:"intensity"`
		} `yaml:"items"`
	}
	switch err := readYAML(dir, "looks.yaml", maxLooks, &items); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	var looks []edge.Look
	for _, in := range items {
		l := edge.Look{ID: in.ID, Name: in.Name}
		for _, item := range in.Items {
			l.Items = append(l.Items, edge.LookItem{SKU: item.SKU, Intensity: item.Intensity})
		}
		looks = append(looks, l)
	}
	return looks, edge.CheckLooks(looks, sold)
}

// readYAML reads a file of at most so many bytes into v, unknown keys refused.
func readYAML(dir fs.FS, name string, most int64, v any) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return err
	}
	if int64(len(b)) > most {
		return fmt.Errorf("larger than %d bytes", most)
	}
	return yaml.UnmarshalWithOptions(b, v, yaml.Strict())
}

func (s *settings) check() error {
	var faults []error
	that := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	full := func(t edge.Text) bool { return t.VI != "" && t.EN != "" && t.ZH != "" }
	that(regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(s.ID), "id %q: use 1 to 40 of a-z, 0-9 and -", s.ID)
	that(full(s.Name), "name: give it in vi, en and zh")
	that(regexp.MustCompile(`^[A-Z]{3}$`).MatchString(s.Currency), "currency %q: use an ISO 4217 code such as VND", s.Currency)
	that(s.Timezone != "" && s.Timezone != "Local", "timezone %q: name the shop's, e.g. Asia/Ho_Chi_Minh", s.Timezone)
	that(len(s.Categories) > 0, "categories: list at least one")
	that(s.Brand.Accent == "" || regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`).MatchString(s.Brand.Accent), "brand.accent %q: write a colour as #RRGGBB", s.Brand.Accent)
	that(slices.Contains([]string{"", "light", "dark"}, s.Brand.Kiosk), "brand.kiosk %q: use light or dark", s.Brand.Kiosk)
	that(slices.Contains([]string{"", "vi", "en", "zh"}, s.Language), "language %q: use vi, en or zh", s.Language)
	for i, c := range s.Categories {
		that(c.ID != "" && full(c.Name), "categories: number %d needs an id and a name in vi, en and zh", i+1)
	}
	return errors.Join(faults...)
}

// Publish puts the shop's catalogue in force, as a new version if it differs
// from the one that is. It returns the release in force.
func (s *Shop) Publish(ctx context.Context, c edge.Catalogue, now time.Time) (*edge.Release, error) {
	r := &edge.Release{
		Version: 1, Effective: now.UTC().Truncate(time.Second),
		Currency: s.Currency, Categories: s.Categories, Variants: s.Variants,
		Looks: s.Looks,
	}
	old, err := c.Release(ctx)
	switch {
	case err == nil:
		r.Version, r.Effective = old.Version, old.Effective
		if same, err := sameDocument(r, old); same || err != nil {
			return old, err
		}
		r.Version, r.Effective = old.Version+1, now.UTC().Truncate(time.Second)
	case edge.KindOf(err) != edge.Unavailable:
		return nil, err
	}
	return r, c.PutRelease(ctx, r)
}

// sameDocument reports whether two releases are stored alike.
func sameDocument(a, b *edge.Release) (bool, error) {
	one, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	other, err := json.Marshal(b)
	return bytes.Equal(one, other), err
}
