// Package address knows the places that addresses name: Vietnam's provinces and
// wards since 2025-07-01, when the districts were given up. Addresses of other
// countries are free text.
package address
