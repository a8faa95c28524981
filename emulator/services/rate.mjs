// Counting calls in a window of virtual time, and the block that follows too many.
// Used by every fake that throttles; which answer that means stands with the service.

export class Rate {
  /** @type {number[]} */
  #calls = [];
  #blockedUntil = -Infinity;

  /**
   * @param {{now: () => number}} clock
   * @param {{calls: number, within: number, block: number}} limit at most `calls` within so many ms, else blocked for `block` ms
   */
  constructor(clock, limit) {
    this.clock = clock;
    this.limit = limit;
  }

  /** Counts one call. @returns {boolean} false when it is too many */
  admits() {
    const now = this.clock.now();
    if (now < this.#blockedUntil) return false;
    this.#calls = this.#calls.filter((at) => at > now - this.limit.within);
    if (this.#calls.length >= this.limit.calls) {
      this.#blockedUntil = now + this.limit.block;
      return false;
    }
    this.#calls.push(now);
    return true;
  }
}
