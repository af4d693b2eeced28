package cloudsync

import (
	"encoding/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ContactPath is where HQ takes to whom the orders of shops go: each POST brings
// one envelope of KindContact, signed for ContactTopic, with the JSON of an
// edge.OrderContact in it. HQ answers with status 204 when it is kept, with
// another 4xx than 404 where it will never take it, and with 404 or 5xx where it
// may later: it has not heard of the order yet.
const ContactPath = "/contacts/v1"

// ContactType is the media type of such a POST.
const ContactType = "application/vnd.mirrorcart.contact"

// MaxContactPost bounds its body.
const MaxContactPost = 8 << 10 // bytes

// ContactTopic is what the signature of a node's contacts is bound to.
func ContactTopic(node string) string { return "contacts/v1/" + node }

// DecodeContact reads the body of an envelope of KindContact; whether it is a
// contact is for OrderContact.Check.
func DecodeContact(body []byte) (*edge.OrderContact, error) {
	var c edge.OrderContact
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, &RefusalError{Op: "cloudsync.DecodeContact", Code: RefusedUndecodable, Msg: "not a contact"}
	}
	return &c, nil
}
