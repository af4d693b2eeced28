package firmwarecfg

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error is one fault of a configuration.
type Error struct {
	File string // where the fault is: a file, or "environment"
	Line int    // from 1; 0 where there is none
	Key  string // dotted, as http.addr; a variable's name for the environment
	Msg  string // what is wrong and how to mend it
	Err  error  // the cause, or nil
}

func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Msg
}

func (e *Error) Unwrap() error { return e.Err }

type checkable interface{ check(*checker) }

// load fills cfg, a pointer to a struct with its defaults, from the file and
// the variables that begin with prefix, and checks it.
func load(file, prefix string, environ []string, cfg checkable) error {
	text, err := readSmall(file)
	if err != nil {
		return &Error{File: file, Msg: "cannot read the configuration: " + reason(err) + ": begin with a copy of the sample in firmware-cfg", Err: err}
	}
	return lay(file, text, prefix, environ, cfg)
}

// lay is load of a file that has been read.
func lay(file string, text []byte, prefix string, environ []string, cfg checkable) error {
	lines, err := decode(file, text, cfg)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(cfg).Elem()
	if err := absolute(v, filepath.Dir(file)); err != nil {
		return err
	}
	if err := override(v, prefix, environ); err != nil {
		return err
	}
	var c checker
	cfg.check(&c)
	var errs []error
	for _, f := range c.faults {
		errs = append(errs, &Error{File: file, Line: lines[f.key], Key: f.key, Msg: f.msg})
	}
	return errors.Join(errs...)
}

// decode fills cfg from YAML and returns the line of each key that is there.
func decode(file string, text []byte, cfg any) (lines map[string]int, err error) {
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntax(file, err)
	}
	var bodies []ast.Node
	for _, d := range doc.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) == 0 {
		return nil, nil
	}
	if len(bodies) > 1 {
		return nil, &Error{File: file, Line: line(bodies[1]), Msg: "a second document begins here: a configuration is one document, so delete the --- between them"}
	}
	r := reader{file: file, lines: map[string]int{}}
	if err := r.walk(bodies[0], reflect.TypeOf(cfg).Elem(), ""); err != nil {
		return nil, err
	}
	if err := yaml.NodeToValue(bodies[0], cfg, yaml.Strict()); err != nil {
		return nil, syntax(file, err)
	}
	return r.lines, nil
}

// syntax makes an Error of the YAML library's.
func syntax(file string, err error) error {
	e := &Error{File: file, Msg: err.Error(), Err: err}
	var y yaml.Error
	if errors.As(err, &y) {
		e.Msg = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil {
			e.Line = t.Position.Line
		}
	}
	return e
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// absolute makes the file's paths absolute, seen from the file's folder.
func absolute(v reflect.Value, dir string) error {
	for _, f := range fields(v, "") {
		if s := f.value.String(); f.path && s != "" {
			abs, err := filepath.Abs(s)
			if !filepath.IsAbs(s) {
				abs, err = filepath.Abs(filepath.Join(dir, s))
			}
			if err != nil {
				return err
			}
			f.value.SetString(abs)
		}
	}
	return nil
}
