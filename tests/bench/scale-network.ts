import type { Random } from '../../shared/math/random.ts';
import type { Clock } from './scale-clock.ts';
import { NETWORK } from './scale-settings.ts';

/** Ways that take their time. Nothing gets lost, but what was sent later may arrive first. */
export class Network {
  readonly random: Random;
  readonly #clock: Clock;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.random = random;
  }

  /** From one object to another. */
  hop(arrives: () => void): void {
    this.#clock.after(this.hopMs(), arrives);
  }

  /** Between a tab and the edge, either way. */
  toTab(arrives: () => void): void {
    this.#clock.after(this.random.uniform(NETWORK.tab.from, NETWORK.tab.to), arrives);
  }

  hopMs(): number {
    return this.random.uniform(NETWORK.hop.from, NETWORK.hop.to);
  }
}
