package edge

import (
	"context"
	"time"
)

// PrintKind says what a ticket is of.
type PrintKind string

// The kinds of tickets.
const (
	PrintReceipt PrintKind = "receipt" // of a sale
	PrintRefund  PrintKind = "refund"
	PrintVoid    PrintKind = "void"
	PrintZ       PrintKind = "z"     // of a Z report
	PrintCart    PrintKind = "cart"  // with the code that takes the cart to the phone
	PrintOrder   PrintKind = "order" // named by the order, or by money of it: the slip is the receipt of that too
	PrintTest    PrintKind = "test"
	// PrintInstallation is the sheet that whoever installed the machine signs.
	PrintInstallation PrintKind = "installation"
)

// PrintState is where a job stands.
type PrintState string

// The states. Nothing of a job that is queued or failed has reached the printer,
// or it is marked as a copy by now.
const (
	PrintQueued   PrintState = "queued"
	PrintPrinting PrintState = "printing"
	PrintPrinted  PrintState = "printed"  // the printer said so, or somebody who looked
	PrintDoubtful PrintState = "doubtful" // it went to the printer, which did not say what became of it: somebody must look
	PrintFailed   PrintState = "failed"   // it cannot be printed
	PrintDropped  PrintState = "dropped"  // nobody wants it any more
)

// PrintReason says why a job is doubtful, failed or dropped; or, as the state of
// a printer, what keeps it from printing.
type PrintReason string

// The reasons.
const (
	PrinterUnknown   PrintReason = "unknown" // not asked yet
	PrinterReady     PrintReason = ""
	PrinterPaperLow  PrintReason = "paper_low" // it prints
	PrinterPaperOut  PrintReason = "paper_out"
	PrinterCoverOpen PrintReason = "cover_open"
	PrinterFault     PrintReason = "fault"   // its cutter, or what it cannot mend itself
	PrinterOffline   PrintReason = "offline" // it cannot be reached, or says that it is offline
	PrinterSilent    PrintReason = "silent"  // it is reached and does not answer

	PrintBroken   PrintReason = "broken"   // the connection broke while the job was sent
	PrintRestart  PrintReason = "restart"  // the gateway stopped while the job was sent
	PrintDocument PrintReason = "document" // what is to be printed is not there, or too long
	PrintLate     PrintReason = "late"     // it waited too long for anybody to want it
	PrintStaff    PrintReason = "staff"    // somebody decided so
)

// PrintJob is a ticket to be printed.
type PrintJob struct {
	ID     string      `json:"id"` // UUIDv7
	Kind   PrintKind   `json:"kind"`
	Ref    string      `json:"ref"`            // id of the sale, refund, void, Z report, cart, order or its money
	Lang   string      `json:"lang,omitempty"` // vi, en or zh; empty for the printer's own
	Staff  string      `json:"staff,omitempty"`
	State  PrintState  `json:"state"`
	Reason PrintReason `json:"reason,omitempty"`
	Copy   bool        `json:"copy"` // it says that it is a copy
	At     time.Time   `json:"at"`
}

// Check refuses what cannot be printed.
func (j *PrintJob) Check() error {
	const op = "edge.PrintJob.Check"
	switch j.Kind {
	case PrintReceipt, PrintRefund, PrintVoid, PrintZ, PrintCart, PrintOrder:
		if j.Ref == "" || len(j.Ref) > maxClosingText || !plainText(j.Ref) {
			return Errorf(op, Invalid, "%s %.40q: name what to print by its id", j.Kind, j.Ref)
		}
	case PrintTest, PrintInstallation:
	default:
		return Errorf(op, Invalid, "kind %.20q: want receipt, refund, void, z, cart, order, test or installation", j.Kind)
	}
	if j.Lang != "" && j.Lang != "vi" && j.Lang != "en" && j.Lang != "zh" {
		return Errorf(op, Invalid, "language %.20q: want vi, en or zh", j.Lang)
	}
	return nil
}

// PrintDecision is what somebody who looked at the printer says of a job.
type PrintDecision string

// The decisions.
const (
	PrintIsThere PrintDecision = "printed" // a doubtful one: it came out whole
	PrintAgain   PrintDecision = "again"   // a doubtful or failed one; a doubtful one is a copy from then on
	PrintDrop    PrintDecision = "drop"    // whatever has not reached the printer, or is doubtful
)

// PrinterStatus is how the printer and its queue stand.
type PrinterStatus struct {
	State   PrintReason `json:"state"`   // ready where it is empty
	Waiting int         `json:"waiting"` // jobs
	Asks    int         `json:"asks"`    // jobs that somebody must decide about
}

// PrintQueue keeps the jobs of one printer, in order. A document that has gone
// to the printer once never goes there again without being marked as a copy,
// whatever happens to the gateway in between.
type PrintQueue interface {
	// QueuePrint appends a job, its ID, State, Copy and At left to the queue; too
	// many that wait are TooMany.
	QueuePrint(ctx context.Context, j PrintJob) (*PrintJob, error)
	// NextPrint is the oldest job that waits; nil where none does.
	NextPrint(ctx context.Context) (*PrintJob, error)
	// StartPrint says that a waiting job goes to the printer now, and returns it
	// with its mark; a Conflict where it does not wait any more.
	StartPrint(ctx context.Context, id string) (*PrintJob, error)
	// EndPrint says what became of a job that waits or is being printed. With
	// sent false nothing of it has reached the printer.
	EndPrint(ctx context.Context, id string, state PrintState, why PrintReason, sent bool) error
	// RecoverPrints makes doubtful what was on its way when the gateway stopped,
	// and what waits in a database that was put back.
	RecoverPrints(ctx context.Context) error
	// DropLatePrints drops the jobs that have waited since before a time: carts'
	// slips one, all others another.
	DropLatePrints(ctx context.Context, carts, others time.Time) error
	// DecidePrint carries out a decision; one that its job's state does not allow
	// is a Conflict.
	DecidePrint(ctx context.Context, id string, d PrintDecision, staff string) (*PrintJob, error)
	// PrintJobs lists the newest jobs, at most limit.
	PrintJobs(ctx context.Context, limit int) ([]PrintJob, error)
	// PrintsOpen counts the jobs that wait or are being printed, and those that
	// somebody must decide about.
	PrintsOpen(ctx context.Context) (waiting, asks int, err error)
}
