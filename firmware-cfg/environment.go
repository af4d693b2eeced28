package firmwarecfg

import (
	"encoding"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// override sets the fields that variables in environ name. A list of words is
// written with commas; lists of sections have no variable. Relative paths are
// seen from the working directory.
func override(v reflect.Value, prefix string, environ []string) error {
	byName := map[string]field{}
	var names []string
	for _, f := range fields(v, "") {
		if f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() != reflect.String {
			continue
		}
		name := prefix + strings.ToUpper(strings.ReplaceAll(f.name, ".", "_"))
		byName[name], names = f, append(names, name)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		f, ok := byName[name]
		if !ok {
			msg := "this variable sets nothing: unset it"
			if near := nearest(name, names); near != "" {
				msg = fmt.Sprintf("this variable sets nothing: did you mean %s?", near)
			}
			return &Error{File: "environment", Key: name, Msg: msg}
		}
		if err := set(f, value); err != nil {
			return &Error{File: "environment", Key: name, Msg: reason(err), Err: err}
		}
	}
	return nil
}

// set parses s into f.
func set(f field, s string) error {
	v := f.value
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return t.UnmarshalText([]byte(s))
	}
	switch p := v.Addr().Interface().(type) {
	case *time.Duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%q is no duration: use e.g. 90s or 1h30m", s)
		}
		*p = d
		return nil
	case *[]string:
		*p = strings.Split(s, ",")
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if f.path && s != "" {
			abs, err := filepath.Abs(s)
			if err != nil {
				return err
			}
			s = abs
		}
		v.SetString(s)
	case reflect.Int:
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("%q is no whole number", s)
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", s)
		}
		v.SetBool(b)
	default:
		return fmt.Errorf("a %s cannot be set from the environment", v.Type())
	}
	return nil
}
