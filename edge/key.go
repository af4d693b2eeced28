package edge

// CheckKey refuses an Idempotency-Key that is too short to be unlike all others
// or too long to keep.
func CheckKey(key string) error {
	if len(key) < 8 || len(key) > 80 {
		return Errorf("edge.CheckKey", Invalid, "the idempotency key has %d characters, want 8 to 80", len(key))
	}
	return nil
}
