package cloudsync

import (
	"encoding/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PhotoPath is where HQ takes the photos that shoppers take along: each POST
// brings one envelope of KindPhoto, signed for PhotoTopic, with the JSON of an
// edge.SealedPhoto in it. HQ answers with status 204 when it is done, with 410
// where the photo has expired or was deleted, which ends the matter, with another
// 4xx where it will never take it, and with 5xx where it may later.
const PhotoPath = "/photos/v1"

// PhotoType is the media type of such a POST.
const PhotoType = "application/vnd.mirrorcart.photo"

// MaxPhotoPost bounds its body.
const MaxPhotoPost = edge.MaxPhotoBytes*4/3 + 8<<10 // bytes

// PhotoTopic is what the signature of a node's photos is bound to.
func PhotoTopic(node string) string { return "photos/v1/" + node }

// DecodePhoto reads the body of an envelope of KindPhoto; whether it is a photo
// is for SealedPhoto.Check.
func DecodePhoto(body []byte) (*edge.SealedPhoto, error) {
	var p edge.SealedPhoto
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, &RefusalError{Op: "cloudsync.DecodePhoto", Code: RefusedUndecodable, Msg: "not a photo", Err: err}
	}
	return &p, nil
}
