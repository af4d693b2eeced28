package cloudsync

import (
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Branch is what a topic is for.
type Branch string

// The branches below a node.
const (
	BranchUp    Branch = "up"    // batches, one leaf a lane, and samples
	BranchAck   Branch = "ack"   // HQ's acks and nacks, one leaf a lane
	BranchCmd   Branch = "cmd"   // HQ's commands
	BranchDown  Branch = "down"  // HQ's changes for the node
	BranchRsp   Branch = "rsp"   // the node's confirmations and its answers to commands
	BranchState Branch = "state" // whether the node is connected; retained

	BranchDesired  Branch = "cfg/desired"  // the bundle that HQ wants; retained
	BranchReported Branch = "cfg/reported" // how the machine stands with it; retained
)

// Topics that HQ listens to. Those of SharedFilters spread what comes over
// collectors; retained messages do not reach a shared subscription, so every
// collector hears the states and reports.
const (
	FilterState    = "v1/+/+/state"
	FilterReported = "v1/+/+/cfg/reported"
)

// SharedFilters are the topics of which each message reaches one collector of a
// group. Brokers let anybody join a group whose name they know, and Mosquitto drops
// what falls to a member who may not read it: the name is the collectors' secret.
func SharedFilters(group string) []string {
	return []string{"$share/" + group + "/v1/+/+/up/+", "$share/" + group + "/v1/+/+/rsp"}
}

// PartitionFilters are the topics that HQ listens to of one partition, on a
// broker without shared subscriptions.
func PartitionFilters(partition int) []string {
	of := fmt.Sprintf("v1/%02d/+/", partition)
	return []string{of + "up/+", of + "rsp", of + "state", of + string(BranchReported)}
}

const (
	partitions = 64
	maxNode    = 64 // characters
)

// Topic is an address on the broker: v1/{partition}/{node}/{branch}[/{lane}].
type Topic struct {
	Node   string
	Branch Branch
	Lane   edge.Lane // with BranchUp and BranchAck only
}

// String is the topic as the broker knows it.
func (t Topic) String() string {
	s := fmt.Sprintf("v1/%s/%s/%s", Partition(t.Node), t.Node, t.Branch)
	if t.Lane != "" {
		s += "/" + string(t.Lane)
	}
	return s
}

// Partition spreads nodes over 64 parts for brokers without shared
// subscriptions: CRC-32 (IEEE) of the node, modulo 64, as two digits.
func Partition(node string) string {
	return fmt.Sprintf("%02d", crc32.ChecksumIEEE([]byte(node))%partitions)
}

// CheckNode reports a name that cannot be part of a topic. A node is named
// with 1 to 64 of a–z, 0–9, "_" and "-", which every broker leaves as it is.
func CheckNode(node string) error {
	const op = "cloudsync.CheckNode"
	if node == "" || len(node) > maxNode {
		return edge.Errorf(op, edge.Invalid, "node name has %d characters, want 1 to %d", len(node), maxNode)
	}
	if i := strings.IndexFunc(node, outsideName); i >= 0 {
		return edge.Errorf(op, edge.Invalid, "node name %q: only a-z, 0-9, _ and - are allowed", node)
	}
	return nil
}

func outsideName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// ParseTopic reads a topic and refuses whatever String would not have written.
func ParseTopic(s string) (Topic, error) {
	const op = "cloudsync.ParseTopic"
	part := strings.Split(s, "/")
	if len(part) < 4 || len(part) > 5 || part[0] != "v1" {
		return Topic{}, edge.Errorf(op, edge.Invalid, "topic %.100q: want v1/{pp}/{node}/{branch}[/{lane}]", s)
	}
	t := Topic{Node: part[2], Branch: Branch(part[3])}
	if err := CheckNode(t.Node); err != nil {
		return Topic{}, fmt.Errorf("%s: %w", op, err)
	}
	if want := Partition(t.Node); part[1] != want {
		return Topic{}, edge.Errorf(op, edge.Invalid, "topic %q: node %s belongs to partition %s", s, t.Node, want)
	}
	switch {
	case len(part) == 5 && part[3] == "cfg":
		t.Branch = Branch("cfg/" + part[4])
	case len(part) == 5:
		t.Lane = edge.Lane(part[4])
	}
	switch t.Branch {
	case BranchUp, BranchAck:
		if !validLane(t.Lane) && (t.Branch != BranchUp || t.Lane != LaneTele) {
			return Topic{}, edge.Errorf(op, edge.Invalid, "topic %.100q: no such lane", s)
		}
	case BranchDesired, BranchReported:
	case BranchCmd, BranchDown, BranchRsp, BranchState:
		if len(part) == 5 {
			return Topic{}, edge.Errorf(op, edge.Invalid, "topic %.100q: %s has no lane", s, t.Branch)
		}
	default:
		return Topic{}, edge.Errorf(op, edge.Invalid, "topic %.100q: no such branch", s)
	}
	return t, nil
}

func validLane(l edge.Lane) bool {
	for _, known := range edge.Lanes() {
		if l == known {
			return true
		}
	}
	return false
}
