//go:build race

package face_test

// racing says that the tests look for races.
const racing = true
