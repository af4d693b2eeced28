const every = 120; // ms between pictures
const pause = 1000; // ms after the camera gave none

/**
 * preview shows what the camera would see, blurred by the gateway, until the
 * returned function is called or the gateway shows no more: show(bitmap) takes
 * each picture and closes it.
 */
export function preview(path, show) {
  let stopped = false;
  let timer;
  const next = async () => {
    let wait = pause;
    try {
      const response = await fetch(path, { cache: 'no-store' });
      if (response.status === 409) return; // nobody is asked any more
      if (response.status === 200) {
        const bitmap = await createImageBitmap(await response.blob());
        if (stopped) bitmap.close();
        else show(bitmap);
        wait = every;
      }
    } catch {
      // Without a picture the page does as well; the next one may come.
    }
    if (!stopped) timer = setTimeout(next, wait);
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
