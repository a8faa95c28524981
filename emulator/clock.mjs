// Virtual time. Sleeping never waits: when everything that runs is asleep, time jumps to the next waker.
// Knows nothing of devices, scripts or services; they all read the same clock.

/** When a story starts unless a test says otherwise. */
export const STORY_START = Date.UTC(2026, 2, 2, 8, 0, 0);

/** @typedef {{at: number, order: number, wake: () => void, timer: boolean}} Sleeper */

export class Clock {
  #now;
  #order = 0;
  /** Tasks that are awake. Time may only jump when there is none. */
  #awake = 0;
  /** @type {Sleeper[]} */
  #sleepers = [];

  /** @param {number | string | Date} [start] */
  constructor(start = STORY_START) {
    this.#now = new Date(start).getTime();
    if (Number.isNaN(this.#now)) throw new TypeError(`not a time: ${start}`);
  }

  /** Milliseconds since 1970, as `Date.now()` tells them. */
  now() {
    return this.#now;
  }

  /** Puts the clock to another time, backwards too, without waking anybody: what an operator or NTP does. */
  set(/** @type {number | string | Date} */ time) {
    const now = new Date(time).getTime();
    const shift = now - this.#now;
    for (const sleeper of this.#sleepers) sleeper.at += shift;
    this.#now = now;
  }

  /**
   * Runs a task in which sleeping makes time jump. Everything that sleeps must run inside one.
   * @template T
   * @param {() => Promise<T> | T} task
   * @returns {Promise<T>}
   */
  async run(task) {
    this.#awake += 1;
    try {
      return await task();
    } finally {
      this.#rest();
    }
  }

  /**
   * Runs tasks beside each other from within a task, which waits for them all.
   * Each starts in list order and runs to its first wait before the next one starts.
   * @template T
   * @param {(() => Promise<T>)[]} tasks
   * @returns {Promise<T[]>}
   */
  async all(tasks) {
    if (tasks.length === 0) return [];
    let running = tasks.length;
    this.#awake += tasks.length - 1;
    return Promise.all(
      tasks.map(async (task) => {
        try {
          return await task();
        } finally {
          running -= 1;
          // The last one hands its place back to the task that waits.
          if (running > 0) this.#rest();
        }
      }),
    );
  }

  /** @param {number} ms @returns {Promise<void>} */
  sleep(ms) {
    return new Promise((resolve) => {
      this.#push(this.#now + Math.max(0, ms), resolve, false);
      this.#rest();
    });
  }

  /**
   * Calls `task` once time has passed `ms`; on its own it never makes time jump.
   * @param {number} ms
   * @param {() => Promise<unknown>} task
   * @returns {() => void} cancels it
   */
  timer(ms, task) {
    const sleeper = this.#push(this.#now + Math.max(0, ms), () => void task().finally(() => this.#rest()), true);
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  /** Lets `ms` pass, with everything that falls due meanwhile. */
  advance(/** @type {number} */ ms) {
    return this.run(() => this.sleep(ms));
  }

  #push(/** @type {number} */ at, /** @type {() => void} */ wake, /** @type {boolean} */ timer) {
    const sleeper = { at, order: this.#order++, wake, timer };
    this.#sleepers.push(sleeper);
    this.#sleepers.sort((a, b) => a.at - b.at || a.order - b.order);
    return sleeper;
  }

  #rest() {
    this.#awake -= 1;
    if (this.#awake > 0 || this.#sleepers.every((sleeper) => sleeper.timer)) return;
    const next = /** @type {Sleeper} */ (this.#sleepers.shift());
    this.#now = Math.max(this.#now, next.at);
    this.#awake += 1;
    next.wake();
  }
}
