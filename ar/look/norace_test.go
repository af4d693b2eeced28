//go:build !race

package look

// racing says that the tests look for races.
const racing = false
