// Package rollout brings bundles to the gateways' machines in rings: to one, and
// only when that has worked with it for a while to more, and at last to all. Too
// many that fail stop it by themselves; a shop that is silent is no success.
//
// Which gateways come first follows from their names, so it is the same ones each
// time. A gateway that has once taken a bundle never takes an older one: what is
// stopped is withdrawn from those that have not applied it, the others keep what
// they have, and the way back is the old content under a higher number.
package rollout
