/** Bytes of bodies that an object takes in at a time: an isolate has 128 MB for everything. */
export const TAKEN_IN = 8_000_000;

/** Uploads that may wait, their bodies still with their senders. Whoever comes then is sent away. */
const WAITING = 1000;

/**
 * How many bodies are read at once. The others wait unread, so that the network holds them back and
 * not this object's memory, in the order in which they came.
 */
export class Slots {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** @param bytes the length of every body */
  constructor(bytes: number) {
    // One body goes in however large it is.
    this.#most = Math.max(1, Math.floor(TAKEN_IN / bytes));
  }

  /** @returns a promise of entry, to be followed by `leave`; undefined where even the queue is full. */
  enter(): Promise<void> | undefined {
    if (this.#waiting.length >= WAITING) return undefined;
    return new Promise((enter) => {
      this.#waiting.push(enter);
      this.#admit();
    });
  }

  leave(): void {
    this.#taken--;
    this.#admit();
  }

  /** No body is under way. */
  get idle(): boolean {
    return this.#taken === 0;
  }

  #admit(): void {
    while (this.#taken < this.#most) {
      const enter = this.#waiting.shift();
      if (!enter) return;
      this.#taken++;
      enter();
    }
  }
}
