// The states of an order as the board sorts them. The gateway decides who may
// change them (edge/order_state.go).
const groups = {
  here: ['deposit_pending', 'ready_for_pickup'],
  office: ['placed', 'accepted', 'allocated', 'backordered', 'packed'],
  road: ['handed_over', 'in_transit', 'out_for_delivery', 'delivery_failed', 'returning'],
};

/** The board's groups, in the order in which they are offered. */
export const groupIds = ['all', 'here', 'office', 'road', 'over'];

/** groupOf says which group an order belongs to: money to give back is ours to do, whatever the state. */
export function groupOf(order) {
  if (order.refundable > 0) return 'here';
  return Object.keys(groups).find((id) => groups[id].includes(order.state)) ?? 'over';
}

const hour = 3600;
// How long an order may stay in a state before somebody should look, in seconds.
const patience = {
  deposit_pending: 2 * hour,
  placed: 4 * hour,
  accepted: 24 * hour,
  allocated: 24 * hour,
  backordered: 7 * 24 * hour,
  packed: 24 * hour,
  handed_over: 48 * hour,
  in_transit: 5 * 24 * hour,
  out_for_delivery: 24 * hour,
  delivery_failed: 24 * hour,
  returning: 7 * 24 * hour,
  ready_for_pickup: 72 * hour,
  return_requested: 24 * hour,
  refund_due: 24 * hour,
};

/** waits says how an order is behind at the time now, in ms: late for its promise, or long in its state. */
export function waits(order, now) {
  const promise = order.taken?.promise;
  if (['here', 'office', 'road'].includes(groupOf(order)) && promise && order.state !== 'ready_for_pickup' && now > Date.parse(promise)) {
    return 'orderOverdue';
  }
  const limit = order.refundable > 0 ? patience.refund_due : patience[order.state];
  return limit && (now - Date.parse(order.since)) / 1000 > limit ? 'orderLate' : '';
}

/** live reports whether the order is still on its way to the customer. */
export function live(order) {
  return Object.values(groups).some((states) => states.includes(order.state));
}

/** left is what this gateway took for an order by a method and has not given back, in minor units. */
export function left(order, method) {
  return order.money.filter(({ payment }) => payment.method === method).reduce((sum, { back, total }) => sum + (back ? -total.amount : total.amount), 0);
}
