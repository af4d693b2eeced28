// A demo shop of a job's own, which it may kill and start again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * startDemo runs EDGE demo (bin/edge where that says nothing) with dir as its
 * folder. What it resolves to has the addresses that the demo prints, kill() to
 * end it as a power cut does, and stop() to end it in order, which must succeed.
 */
export async function startDemo(dir, { addr = '127.0.0.1:0', flags = [] } = {}) {
  const args = ['demo', '--json', '--addr', addr, '--hq-addr', '127.0.0.1:0', '--mqtt-addr', '127.0.0.1:0', '--dir', dir, ...flags];
  const child = spawn(process.env.EDGE ?? 'bin/edge', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (text) => (log = (log + text).slice(-3000)));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
    ended.then(() => ''),
  ]);
  if (!line) throw new Error(`edge demo ended at its start: ${log}`);
  const end = async (signal) => {
    child.kill(signal);
    return (await ended)[0];
  };
  return {
    addresses: JSON.parse(line),
    kill: () => end('SIGKILL'),
    async stop() {
      const status = child.exitCode ?? (await end('SIGINT'));
      if (status !== 0 && child.signalCode !== 'SIGKILL') throw new Error(`edge demo did not stop cleanly (${status}): ${log}`);
    },
  };
}
