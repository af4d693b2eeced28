// What a clerk is told of the shop's computer, one line a part.
import { faultWord } from '../faults.js';
import { waitingWord } from '../waiting.js';

const clockSlack = 120; // s that the gateway's clock may differ from the screen's

/** size writes bytes for people. */
export function size(bytes) {
  return bytes >= 1 << 30 ? `${(bytes / 2 ** 30).toFixed(bytes < 10 * 2 ** 30 ? 1 : 0)} GB` : `${Math.round(bytes / 2 ** 20)} MB`;
}

/**
 * rows lists {id, name, text, bad}. status is the gateway's Status, device its
 * Device as of seen (ms, by this screen's clock); either may be null. speak, old
 * and time write a word, an age in seconds and a moment.
 */
export function rows({ status, connected, line, device, seen, speak, old, time }) {
  const list = [];
  const put = (id, name, text, bad = false) => list.push({ id, name, text, bad });
  const since = (moment) => Math.max(0, (seen - Date.parse(moment)) / 1000);
  const faults = status?.faults ?? [];
  const faulty = (part) => faults.find((fault) => fault.part === part);
  const says = ({ part, kiosk }) => speak(faultWord(part), { kiosk });

  if (!connected) put('gateway', speak('deviceProgram'), speak('reconnecting'), true);
  if (status?.line.hq) {
    const up = connected && line;
    put('line', speak('deviceLine'), up ? speak('deviceLineUp') : speak('deviceLineDown', { time: time(status.line.since) }), !up);
    const n = Object.values(status.waiting).reduce((sum, waiting) => sum + waiting, 0);
    put('waiting', speak('deviceWaiting'), speak(waitingWord('deviceRecords', { n, seconds: status.oldest_s, up }), { n, age: old(status.oldest_s) }));
  }
  if (status) put('catalogue', speak('deviceCatalogue'), status.release ? speak('deviceRelease', { n: status.release }) : speak('deviceNoRelease'), !status.release);
  for (const { kiosk, ok, fault } of device?.cameras ?? []) {
    put(`camera-${kiosk}`, speak('deviceCamera', { kiosk }), speak(ok ? 'deviceCameraGood' : `deviceCamera_${fault || 'lost'}`), !ok);
  }
  if (status) put('printer', speak('devicePrinter'), ...printer(status.printer, speak));
  if (device) {
    const disk = faulty('disk');
    put('disk', speak('deviceDisk'), disk ? says(disk) : speak('deviceFree', { size: size(device.disk.free_bytes) }), Boolean(disk));
    const backup = faulty('backup') ?? faulty('backup_copy');
    const made = device.backup ? speak('deviceBackupOf', { age: old(since(device.backup)) }) : speak('deviceNoBackup');
    put('backup', speak('deviceBackup'), backup ? says(backup) : made, Boolean(backup));
    put('clock', speak('deviceClock'), ...clock(device, seen, speak, old, time));
    put('program', speak('deviceProgram'), speak('deviceRuns', { version: status?.version, time: time(device.started) }));
  }
  for (const fault of faults) {
    if (!['disk', 'backup', 'backup_copy'].includes(fault.part)) put(`${fault.part}-${fault.kiosk}`, speak('deviceOther'), says(fault), true);
  }
  return list;
}

function printer(state, speak) {
  if (!state) return [speak('deviceNoPrinter')];
  if (state.state === '') return [speak('printerReady')];
  if (state.state === 'unknown') return [speak('printerUnknown')];
  return [speak(`printer_${state.state}`), true];
}

function clock(device, seen, speak, old, time) {
  const off = Math.abs(Date.parse(device.now) - seen) / 1000;
  const values = { time: time(device.now), age: old(off) };
  if (off > clockSlack) return [speak('deviceClockOff', values), true];
  return [speak(device.clock_synchronised ? 'deviceClockGood' : 'deviceClockAlone', values)];
}
