package edge_test

import (
	"encoding/json"
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

// Whatever people write, tidying settles it at once, and what is taken can be
// stored and read again.
func FuzzContact(f *testing.F) {
	f.Add("Nguyễn Thị Hạ", "+84 90 123 45 67", "vn", "Hà Nội", "Phường Hoàn Kiếm", "1 Tràng Tiền", "100000", "Quận Hoàn Kiếm")
	f.Add("王芳", "138 0013 8000", "CN", "上海市", "", "南京东路1号", "200000", "")
	f.Add("", "+84", "V", "", "", "", "", "\x00")
	f.Fuzz(func(t *testing.T, name, phone, country, region, locality, street, postcode, former string) {
		c := edge.Contact{Name: name, Phone: phone, Address: &edge.Address{
			Country: country, Region: region, Locality: locality, Street: street, Postcode: postcode, Former: former,
		}}
		c.Tidy()
		once := c
		once.Address = new(edge.Address)
		*once.Address = *c.Address
		c.Tidy()
		require.Equal(t, once, c)
		if c.Check() != nil {
			return
		}
		b, err := json.Marshal(c)
		require.NoError(t, err)
		var again edge.Contact
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, c, again)
		require.Regexp(t, `^(0[0-9]{9}|\+[1-9][0-9]{6,14})$`, c.Phone)
	})
}
