package web

import (
	"embed"
	"html/template"
	"sync"
)

//go:embed page.html page.css page.js
var files embed.FS

// pageTemplates parses the pages once: style and script stand inside them.
var pageTemplates = sync.OnceValue(func() *template.Template {
	read := func(name string) string {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		return string(b)
	}
	return template.Must(template.New("").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(read("page.css")) },
		"js":  func() template.JS { return template.JS(read("page.js")) },
	}).Parse(read("page.html")))
})
