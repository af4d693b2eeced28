package cloudsync

import (
	"encoding/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ToldPath is where HQ takes what a shop keeps of a person, where it asked for
// that by a PartPerson: each POST brings one envelope of KindTold, signed for
// ToldTopic, with the JSON of an edge.PersonTold in it. HQ answers with status 204
// when it is kept, with a 4xx where it will never take it, and with 5xx where it
// may later.
const ToldPath = "/persons/v1"

// ToldType is the media type of such a POST.
const ToldType = "application/vnd.mirrorcart.person"

// MaxToldPost bounds its body.
const MaxToldPost = 1 << 20 // bytes

// ToldTopic is what the signature of what a node tells is bound to.
func ToldTopic(node string) string { return "persons/v1/" + node }

// DecodeTold reads the body of an envelope of KindTold; whether it is sound is
// for PersonTold.Check.
func DecodeTold(body []byte) (*edge.PersonTold, error) {
	var t edge.PersonTold
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, &RefusalError{Op: "cloudsync.DecodeTold", Code: RefusedUndecodable, Msg: "not what is kept of a person"}
	}
	return &t, nil
}
