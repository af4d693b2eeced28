package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// The routes and the document name the same operations, and every reference in
// the document leads somewhere.
func TestOpenAPIAgreesWithTheRoutes(t *testing.T) {
	s := memoryShop(t)
	r := s.do("GET", "/api/v1/openapi.yaml", "")
	require.Equal(t, "application/yaml", r.Header.Get("Content-Type"))
	body := text(t, r)
	var doc struct {
		OpenAPI string                    `yaml:"openapi"`
		Paths   map[string]map[string]any `yaml:"paths"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(body), &doc))
	require.Equal(t, "3.1.0", doc.OpenAPI)

	var documented, routed, ids []string
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if method == "parameters" {
				continue
			}
			documented = append(documented, strings.ToUpper(method)+" "+path)
			id, _ := op.(map[string]any)["operationId"].(string)
			require.NotEmpty(t, id, "%s %s has no operationId", method, path)
			require.NotContains(t, ids, id)
			ids = append(ids, id)
		}
	}
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, route := range s.engine.Routes() {
		path, ok := strings.CutPrefix(route.Path, "/api/v1")
		require.True(t, ok, route.Path)
		routed = append(routed, route.Method+" "+parameter.ReplaceAllString(path, "{$1}"))
	}
	slices.Sort(documented)
	slices.Sort(routed)
	require.Equal(t, routed, documented)

	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(body), &tree))
	refs := regexp.MustCompile(`\$ref: "#/([^"]+)"`).FindAllStringSubmatch(body, -1)
	require.NotEmpty(t, refs)
	for _, ref := range refs {
		at := tree
		for name := range strings.SplitSeq(ref[1], "/") {
			m, ok := at.(map[string]any)
			require.True(t, ok, ref[0])
			at, ok = m[name]
			require.True(t, ok, ref[0])
		}
	}
}
