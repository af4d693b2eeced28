import { call } from '../net.js';

const wanted = { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const quality = 0.85; // of the JPEGs
const ahead = 2; // pictures that may be unanswered
const patience = 1000; // ms after which an answer is no longer waited for
const longestPause = 15_000; // ms between tries to reach the gateway

/**
 * push makes this device's camera the mirror's until the returned function is
 * called: each picture goes to the gateway as a JPEG, and none is kept. While
 * the gateway is behind, pictures are left out. blocked(bool) says whether the
 * browser keeps the camera from us. A device that is not enrolled is refused and
 * its camera stays off.
 */
export function push(path, { blocked }) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  const canvas = new OffscreenCanvas(1, 1);
  const paint = canvas.getContext('2d', { alpha: false });
  const firstPause = 250;
  let socket, media, timer;
  let pause = firstPause;
  let stopped = false;
  let encoding = false;
  let unanswered = 0;
  let sentAt = 0;

  const off = () => {
    media?.getTracks().forEach((track) => track.stop());
    media = null;
    video.srcObject = null;
  };
  const send = async () => {
    const now = performance.now();
    if (encoding || (unanswered >= ahead && now - sentAt < patience)) return;
    encoding = true;
    try {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      paint.drawImage(video, 0, 0);
      const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality });
      if (!stopped && socket.readyState === WebSocket.OPEN) {
        socket.send(jpeg);
        unanswered++;
        sentAt = now;
      }
    } catch {
      // A picture that cannot be encoded is left out: the next one is on its way.
    }
    encoding = false;
  };
  const watch = () =>
    video.requestVideoFrameCallback(() => {
      if (stopped || !media) return;
      watch();
      send();
    });
  const start = async () => {
    unanswered = 0;
    try {
      // Without TLS the browser offers no camera at all.
      const got = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (stopped || socket.readyState !== WebSocket.OPEN) {
        got.getTracks().forEach((track) => track.stop());
        return;
      }
      media = got;
      media.getVideoTracks()[0].onended = () => socket.close(); // unplugged: from the beginning
      video.srcObject = media;
      watch();
      await video.play();
      blocked(false);
      pause = firstPause;
    } catch {
      if (stopped) return;
      blocked(true);
      socket.close();
    }
  };
  const open = () => {
    socket = new WebSocket(url);
    socket.onopen = start;
    socket.onmessage = () => (unanswered = Math.max(0, unanswered - 1));
    socket.onclose = () => {
      off();
      if (stopped) return;
      timer = setTimeout(open, pause);
      pause = Math.min(2 * pause, longestPause);
    };
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    off();
    socket.close();
  };
}

// What a code is refused for, by the kind of error.
const refusals = { unauthorized: 'tabletRefused', expired: 'tabletRefused', conflict: 'tabletsFull', not_found: 'tabletNotHere' };

/**
 * enrol takes up the code in the page's address, if there is one, so that the
 * gateway knows this device from now on. It is the word to show, or nothing.
 */
export async function enrol() {
  const code = new URLSearchParams(location.hash.slice(1)).get('enrol');
  if (!code) return '';
  history.replaceState(null, '', location.pathname + location.search);
  try {
    await call('POST', '/kiosk/v1/camera/enrol', { code });
    return 'tabletEnrolled';
  } catch (err) {
    return refusals[err.kind] ?? err.kind ?? 'internal';
  }
}
