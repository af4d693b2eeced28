// A ticket printer for the jobs: takes ESC/POS on a free port, answers what is
// asked of its state, and writes what comes out of it as pictures, N.pbm, into a
// folder. It has no paper while a file no-roll lies there. It prints its address
// as its first line.
//
// usage: node printer.mjs FOLDER
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const well = 0x12; // the bits that every answer to DLE EOT has
const noPaper = { 1: 0x08, 2: 0x20, 4: 0x6c }; // those that say so besides: offline, stopped by the paper's end, both sensors
let pieces = 0;

const empty = () => existsSync(join(folder, 'no-roll'));
const answer = (n) => Buffer.of(well | (empty() ? (noPaper[n] ?? 0) : 0));

/** read takes one command from the buffer's start: {length, ...what it does}; null while it is not whole. */
function read(buffer) {
  const [a, b, c] = buffer;
  const simple = (length) => (buffer.length < length ? null : { length });
  if (a === 0x10 && b === 0x04) return buffer.length < 3 ? null : { length: 3, asks: c };
  if (a === 0x1b && b === 0x40) return simple(2); // initialise
  if (a === 0x1b && b === 0x64) return buffer.length < 3 ? null : { length: 3, ends: true }; // feed
  if (a === 0x1b && b === 0x70) return simple(5); // drawer
  if (a === 0x1d && b === 0x56) return buffer.length < 4 ? null : { length: 4, ends: true }; // cut
  if (a === 0x1d && b === 0x76 && c === 0x30) {
    if (buffer.length < 8) return null;
    const stride = buffer.readUInt16LE(4);
    const length = 8 + stride * buffer.readUInt16LE(6);
    return buffer.length < length ? null : { length, stride, bits: buffer.subarray(8, length) };
  }
  if (buffer.length < 3) return null;
  throw new Error(`the printer knows no command ${buffer.subarray(0, 4).toString('hex')}`);
}

/** put writes a piece of paper, under its name only once it is whole. */
async function put(strips) {
  const bits = Buffer.concat(strips.map((strip) => strip.bits));
  const { stride } = strips[0];
  const file = join(folder, `${++pieces}.pbm`);
  await writeFile(`${file}.new`, Buffer.concat([Buffer.from(`P4\n${8 * stride} ${bits.length / stride}\n`), bits]));
  await rename(`${file}.new`, file);
}

const server = createServer((socket) => {
  let buffer = Buffer.alloc(0);
  let strips = [];
  socket.on('error', () => {}); // whoever hangs up
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (let command; buffer.length > 1 && (command = read(buffer)); buffer = buffer.subarray(command.length)) {
      if (command.asks) socket.write(answer(command.asks));
      if (command.bits && !empty()) strips.push(command);
      if (command.ends && strips.length) put(strips.splice(0));
    }
  });
});

await mkdir(folder, { recursive: true });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`tcp://127.0.0.1:${server.address().port}`);
