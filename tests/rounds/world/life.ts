import { Lost } from './network.ts';

/**
 * One life of an object, from when it wakes up until it is torn down. What comes while it wakes up
 * waits; what is under way when it is torn down fails.
 */
export class Life {
  over = false;
  readonly #awake: Promise<void>;
  readonly #torn: Promise<never>;
  #tear!: (error: Error) => void;

  constructor(wake: (alive: () => boolean) => Promise<void>) {
    this.#torn = new Promise((_, reject) => (this.#tear = reject));
    this.#torn.catch(() => undefined);
    this.#awake = wake(() => !this.over);
    this.#awake.catch(() => this.end());
  }

  end(): void {
    this.over = true;
    this.#tear(new Lost('torn down'));
  }

  async use<T>(work: () => T | Promise<T>): Promise<T> {
    await Promise.race([this.#awake, this.#torn]);
    if (this.over) throw new Lost('torn down');
    return Promise.race([work(), this.#torn]);
  }
}
