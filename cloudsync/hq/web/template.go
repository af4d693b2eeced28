package web

import (
	"embed"
	"html/template"
)

//go:embed page.html page.css page.js
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
	}).ParseFS(files, "page.html")
}
