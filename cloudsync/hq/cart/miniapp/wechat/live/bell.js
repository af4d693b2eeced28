// A server-sent event stream read in pieces: EventSource is not everywhere, and
// cannot say which phone listens.

/**
 * bell gives a function that takes the stream's bytes, cut anywhere, and rings
 * for every event with data. What an event says is not looked at, so that bytes
 * need not become text.
 */
export function bell(ring) {
  let start = '', full = false; // the line's first five characters, whether there was data
  return (bytes) => {
    for (const byte of new Uint8Array(bytes)) {
      if (byte === 13) continue;
      if (byte !== 10) {
        if (start.length < 5) start += String.fromCharCode(byte);
        continue;
      }
      if (start === '' && full) ring();
      full = start !== '' && (full || start === 'data:');
      start = '';
    }
  };
}
