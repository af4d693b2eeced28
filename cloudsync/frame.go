package cloudsync

import (
	"encoding/binary"
)

// Where a broker cannot be reached, messages travel in the bodies of HTTPS
// requests and replies: POST IngestPath with a list of messages, answered by a
// list. Each message is the length of its topic (16 bits, big endian), the
// topic, the length of its payload (32 bits, big endian), and the payload.
const (
	IngestPath   = "/ingest/v1/batches"
	MessagesType = "application/vnd.mirrorcart.messages" // media type of a list
	MaxMessages  = 64                                    // of one list
	MaxPost      = MaxPayload + 256<<10                  // bytes of one list

	maxTopic   = 128 // characters
	frameExtra = 2 + 4
)

// FrameSize is how many bytes a message takes in a list.
func FrameSize(m Message) int { return frameExtra + len(m.Topic) + len(m.Payload) }

// EncodeMessages writes a list. It is the caller's to keep within the limits.
func EncodeMessages(list []Message) []byte {
	size := 0
	for _, m := range list {
		size += FrameSize(m)
	}
	b := make([]byte, 0, size)
	for _, m := range list {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m.Topic)))
		b = append(b, m.Topic...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(m.Payload)))
		b = append(b, m.Payload...)
	}
	return b
}

// DecodeMessages reads a list; the payloads stay where they are in b. What they
// say is nobody's word until it is verified.
func DecodeMessages(b []byte) ([]Message, error) {
	const op = "cloudsync.DecodeMessages"
	if len(b) > MaxPost {
		return nil, refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(b), MaxPost)
	}
	var list []Message
	for at := 0; at < len(b); {
		if len(list) == MaxMessages {
			return nil, refuse(op, RefusedTooLarge, "more than %d messages", MaxMessages)
		}
		topic, next, err := cut(b, at, 2, maxTopic)
		if err != nil {
			return nil, err
		}
		payload, end, err := cut(b, next, 4, MaxPayload)
		if err != nil {
			return nil, err
		}
		list, at = append(list, Message{Topic: string(topic), Payload: payload}), end
	}
	return list, nil
}

// cut reads a length of width bytes at a place, and as many bytes after it.
func cut(b []byte, at, width, limit int) (field []byte, end int, err error) {
	const op = "cloudsync.DecodeMessages"
	if len(b)-at < width {
		return nil, 0, refuse(op, RefusedUndecodable, "the list ends within a message, at byte %d", at)
	}
	n := 0
	for _, c := range b[at : at+width] {
		n = n<<8 | int(c)
	}
	at += width
	if n > limit {
		return nil, 0, refuse(op, RefusedTooLarge, "%d bytes announced at byte %d, at most %d", n, at, limit)
	}
	if len(b)-at < n {
		return nil, 0, refuse(op, RefusedUndecodable, "%d bytes announced at byte %d, %d are there", n, at, len(b)-at)
	}
	return b[at : at+n : at+n], at + n, nil
}
