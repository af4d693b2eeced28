package web

import (
	"embed"
	"html/template"
)

//go:embed *.html page.css page.js words.json
var files embed.FS

// parse makes the templates. Style and script stand inside them.
func parse() (*template.Template, error) {
	css, err := files.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	js, err := files.ReadFile("page.js")
	if err != nil {
		return nil, err
	}
	return template.New("").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(css) },
		"js":  func() template.JS { return template.JS(js) },
		// on is a part's view beside the words of its page.
		"on": func(f frame, view any) part { return part{f, view} },
	}).ParseFS(files, "*.html")
}

// part is a view and the page that it stands on.
type part struct {
	Page frame
	View any
}
