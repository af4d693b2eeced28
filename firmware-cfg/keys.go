package firmwarecfg

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// reader walks a document beside the struct it is meant for.
type reader struct {
	file  string
	lines map[string]int
}

// walk notes the line of every key below n and refuses what t has no room for.
func (r *reader) walk(n ast.Node, t reflect.Type, at string) error {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return r.fault(n, at, "anchors, aliases and tags are not read here: write the value itself")
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			return r.fault(n, at, "a list stands where %s is wanted", shape(t))
		}
		for i, item := range n.Values {
			if err := r.walk(item, t.Elem(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case ast.MapNode:
		if t.Kind() != reflect.Struct {
			return r.fault(n.(ast.Node), at, "a section stands where %s is wanted", shape(t))
		}
		for it := n.MapRange(); it.Next(); {
			if err := r.pair(it.KeyValue(), t, at); err != nil {
				return err
			}
		}
	case *ast.NullNode:
		// A key without a value keeps its default.
	default:
		if t.Kind() == reflect.Struct || t.Kind() == reflect.Slice {
			return r.fault(n, at, "a single value stands where %s is wanted", shape(t))
		}
		if t == reflect.TypeFor[time.Duration]() {
			if _, err := time.ParseDuration(n.GetToken().Value); err != nil {
				return r.fault(n, at, "%q is no duration: use e.g. 90s or 1h30m", n.GetToken().Value)
			}
		}
	}
	return nil
}

func (r *reader) pair(kv *ast.MappingValueNode, t reflect.Type, at string) error {
	name := kv.Key.GetToken().Value
	here := join(at, name)
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == name {
			r.lines[here] = line(kv.Key)
			return r.walk(kv.Value, f.Type, here)
		}
	}
	var known []string
	for f := range t.Fields() {
		known = append(known, f.Tag.Get("yaml"))
	}
	hint := "known here: " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %s?", join(at, near))
	}
	return r.fault(kv.Key, here, "unknown key: %s", hint)
}

func (r *reader) fault(n ast.Node, key, format string, args ...any) error {
	return &Error{File: r.file, Line: line(n), Key: key, Msg: fmt.Sprintf(format, args...)}
}

func shape(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "a section"
	case reflect.Slice:
		return "a list"
	default:
		return "a single value"
	}
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// nearest is the word closest to s, "" where none is near.
func nearest(s string, words []string) string {
	best, least := "", max(len(s)/2, 2)+1
	for _, w := range words {
		if d := distance(strings.ToLower(s), strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// field is a key that holds a value.
type field struct {
	name  string // dotted
	value reflect.Value
	path  bool // a file or folder
}

// fields lists the values of a struct, sections opened.
func fields(v reflect.Value, at string) []field {
	var all []field
	for f, value := range v.Fields() {
		name := join(at, f.Tag.Get("yaml"))
		if f.Type.Kind() == reflect.Struct {
			all = append(all, fields(value, name)...)
			continue
		}
		all = append(all, field{name, value, f.Tag.Get("kind") == "path"})
	}
	return slices.Clip(all)
}
