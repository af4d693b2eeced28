// What comes out of the test printer, printer.mjs, and what a camera reads of it.
// PRINTED is the folder of the printer's pictures.
import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './job.mjs';

const run = promisify(execFile);
const { PRINTED } = process.env;

/** papers is how many pieces of paper have come out. */
export const papers = async () => (await readdir(PRINTED)).filter((name) => name.endsWith('.pbm')).length;

/** paper waits for the nth piece and gives its picture. */
export async function paper(n) {
  await until(async () => (await papers()) >= n, `paper ${n} coming out of the printer`);
  return join(PRINTED, `${n}.pbm`);
}

/** scanned is what a camera reads of the QR code in a picture; the first, where there are several. */
export async function scanned(picture) {
  const { stdout } = await run('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', picture]);
  return stdout.trim().split('\n')[0];
}

/** takeOut takes the printer's roll out; putIn puts one in. */
export const takeOut = () => writeFile(join(PRINTED, 'no-roll'), '');
export const putIn = () => rm(join(PRINTED, 'no-roll'));
