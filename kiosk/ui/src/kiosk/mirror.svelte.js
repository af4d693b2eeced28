const faceMisses = 2; // looks without a face before the shopper is told

/** Mirror is how the camera and its picture stand, as far as the gateway has told. */
export class Mirror {
  on = $state(false); // the shopper agreed to the camera
  ok = $state(true);
  fault = $state(''); // what the mirror shows a card of
  here = $state(false); // this device's camera is the mirror's, if it is enrolled
  face = $state(true); // somebody is seen
  far = $state(false); // somebody is too far away
  wearsGlasses = $state(false); // the shopper wears glasses of their own
  replay = $state('off'); // off, recording, playing
  replayLeft = $state(0); // seconds until that ends, when it was told
  #misses = 0;
  #replayTimer;
  #replayEnds;

  /** replayEnds hears of it when the replay's state will have ended. */
  constructor({ replayEnds }) {
    this.#replayEnds = replayEnds;
  }

  /** begin waits for a shopper to be seen. */
  begin({ camera }) {
    this.ok = camera;
    this.#misses = 0;
  }

  /** see takes note of who stands there. */
  see({ face, wears_glasses, far }) {
    this.#misses = face ? 0 : this.#misses + 1;
    this.face = this.#misses < faceMisses;
    this.wearsGlasses = wears_glasses;
    this.far = far;
  }

  /** adopt takes over what the gateway says of the camera and the replay. */
  adopt({ camera, replay }) {
    this.on = camera.consent;
    this.ok = camera.ok;
    this.fault = camera.fault ?? '';
    this.here = camera.tablet ?? false;
    this.replay = replay.state;
    this.replayLeft = replay.left_s;
    clearTimeout(this.#replayTimer);
    if (replay.state !== 'off') this.#replayTimer = setTimeout(this.#replayEnds, replay.left_s * 1000 + 50);
  }

  /** end shows nobody. */
  end() {
    clearTimeout(this.#replayTimer);
    this.on = this.wearsGlasses = false;
    this.replay = 'off';
  }
}
