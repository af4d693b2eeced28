package edge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func aContact() edge.Contact {
	return edge.Contact{Name: "Nguyễn Thị Hạ", Phone: "0901234567", Address: &edge.Address{
		Country: edge.Vietnam, Region: "Thành phố Hồ Chí Minh", Locality: "Phường Sài Gòn", Street: "12 Lê Lợi", Former: "Quận 1",
	}}
}

func TestContactIsTidied(t *testing.T) {
	c := aContact()
	c.Name, c.Phone, c.Address.Country = "  Nguyễn  Thị Hạ ", "+84 (90) 123-45.67", "vn"
	c.Tidy()
	require.Equal(t, aContact(), c)
	c = edge.Contact{Name: "王芳", Phone: "138 0013 8000", Address: &edge.Address{Country: "CN", Region: "上海市", Street: "南京东路1号"}}
	c.Tidy()
	require.NoError(t, c.Check())
	require.Equal(t, "+8613800138000", c.Phone)
}

func TestContactsChecked(t *testing.T) {
	c := aContact()
	require.NoError(t, c.Check())
	c.Address = nil
	require.NoError(t, c.Check(), "what is collected needs no address")
	for _, tt := range []struct {
		field  string
		change func(*edge.Contact)
	}{
		{"name", func(c *edge.Contact) { c.Name = "" }},
		{"name", func(c *edge.Contact) { c.Name = strings.Repeat("x", 121) }},
		{"name", func(c *edge.Contact) { c.Name = "4111111111111111" }},
		{"name", func(c *edge.Contact) { c.Name = "two\nlines" }},
		{"phone", func(c *edge.Contact) { c.Phone = "" }},
		{"phone", func(c *edge.Contact) { c.Phone = "12345" }},
		{"phone", func(c *edge.Contact) { c.Phone = "1901234567" }},
		{"phone", func(c *edge.Contact) { c.Phone = "+12345678901234567" }},
		{"phone", func(c *edge.Contact) { c.Phone = "+" }},
		{"country", func(c *edge.Contact) { c.Address.Country = "VNM" }},
		{"region", func(c *edge.Contact) { c.Address.Region = "" }},
		{"locality", func(c *edge.Contact) { c.Address.Locality = "" }},
		{"street", func(c *edge.Contact) { c.Address.Street = "" }},
		{"postcode", func(c *edge.Contact) { c.Address.Postcode = strings.Repeat("1", 200) }},
		{"former", func(c *edge.Contact) { c.Address.Former = "\x00" }},
	} {
		c := aContact()
		tt.change(&c)
		err := c.Check()
		require.Equal(t, edge.Invalid, edge.KindOf(err), tt.field)
		wrong, ok := errors.AsType[*edge.ContactError](err)
		require.True(t, ok)
		require.Equal(t, tt.field, wrong.Field)
		require.NotContains(t, err.Error(), "Nguyễn", "an error tells nothing of the person")
	}
}
