/** So much a second, saved up for one second at most (a token bucket). What it costs may be owed. */
export class Allowance {
  readonly #perSecond: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** @returns whether it may be spent: nothing is while something is owed. @param now in milliseconds */
  spend(amount: number, now: number): boolean {
    const earned = (this.#perSecond * Math.max(0, now - this.#at)) / 1000;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#at = now;
    if (this.#left <= 0) return false;
    this.#left -= amount;
    return true;
  }
}
