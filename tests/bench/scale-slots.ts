import { EDGE } from './scale-settings.ts';

/**
 * The rules of worker/rounds/slots.ts, whose own class would hold real memory for every body: so many
 * are read at once, the others wait in their order, and whoever finds the queue full is sent away.
 */
export class SimSlots {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** @param bytes the length of every body */
  constructor(bytes: number) {
    this.#most = Math.max(1, Math.floor(EDGE.takenIn / bytes));
  }

  /** @returns false where even the queue is full; else `entered` is called, and is to be followed by `leave`. */
  enter(entered: () => void): boolean {
    if (this.#waiting.length >= EDGE.waiting) return false;
    this.#waiting.push(entered);
    this.#admit();
    return true;
  }

  leave(): void {
    this.#taken--;
    this.#admit();
  }

  #admit(): void {
    while (this.#taken < this.#most) {
      const entered = this.#waiting.shift();
      if (!entered) return;
      this.#taken++;
      entered();
    }
  }
}
