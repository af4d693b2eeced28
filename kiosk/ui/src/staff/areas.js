// What a clerk can do beside selling, in the order of the rail. Each area is a
// page of its own that gets the till; flush is one that goes to the edges, count(till)
// what waits in it.
import Day from './day/Day.svelte';
import Device from './device/Device.svelte';
import Orders from './orders/Orders.svelte';
import Receipts from './receipts/Receipts.svelte';
import Stock from './stock/Stock.svelte';

export const areas = [
  { id: 'receipts', word: 'areaReceipts', page: Receipts, flush: true },
  { id: 'orders', word: 'areaOrders', page: Orders },
  { id: 'stock', word: 'areaStock', page: Stock },
  { id: 'day', word: 'areaDay', page: Day },
  { id: 'device', word: 'areaDevice', page: Device, count: (till) => (till.status?.faults.length ?? 0) + (till.printer?.asks ?? 0) },
];
