/**
 * stream shows the mirror's pictures, one JPEG a WebSocket message, until the
 * returned function is called. show(bitmap) takes each picture and closes it;
 * a picture that arrives while one is being decoded replaces the one that
 * waits, so the newest is always next. lost() is called whenever the line
 * broke; it comes back by itself.
 */
export function stream(path, { show, lost }) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const firstPause = 250;
  let socket, timer;
  let pause = firstPause;
  let stopped = false;
  let decoding = false;
  let newest = null;

  const decode = async () => {
    decoding = true;
    while (newest) {
      const picture = newest;
      newest = null;
      try {
        const bitmap = await createImageBitmap(picture);
        if (stopped) bitmap.close();
        else show(bitmap);
      } catch {
        // A picture that cannot be decoded is skipped: the next one is on its way.
      }
    }
    decoding = false;
  };
  const open = () => {
    socket = new WebSocket(url);
    socket.binaryType = 'blob';
    socket.onmessage = (e) => {
      pause = firstPause;
      newest = e.data;
      if (!decoding) decode();
    };
    socket.onclose = () => {
      if (stopped) return;
      lost();
      timer = setTimeout(open, pause);
      pause = Math.min(2 * pause, 4000);
    };
  };
  open();
  return () => {
    stopped = true;
    newest = null;
    clearTimeout(timer);
    socket.close();
  };
}
