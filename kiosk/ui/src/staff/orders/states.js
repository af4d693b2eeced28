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

/** waits is the word for how an order is behind, as the gateway reckons it; none where it is not. */
export function waits(order) {
  return { long: 'orderLate', promise: 'orderOverdue' }[order.behind] ?? '';
}

/** live reports whether the order is still on its way to the customer. */
export function live(order) {
  return Object.values(groups).some((states) => states.includes(order.state));
}

/** left is what this gateway took for an order by a method and has not given back, in minor units. */
export function left(order, method) {
  return order.money.filter(({ payment }) => payment.method === method).reduce((sum, { back, total }) => sum + (back ? -total.amount : total.amount), 0);
}
