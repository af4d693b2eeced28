// Package release fetches from HQ, by their hashes, the documents, pictures and
// shapes of the catalogues that HQ has issued, and keeps them in a folder. A
// line that breaks costs nothing but the bytes that were on it.
package release
