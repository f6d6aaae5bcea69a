import { TAKEN_IN } from './slots.ts';

/** Kept for later bodies, in bytes: for those under way and for those that wait for the disk. */
const KEPT = 2 * TAKEN_IN;

/**
 * Memory for bodies, used again: a fresh megabyte for every upload is what V8 is slowest to give back.
 * A buffer that does not come back is simply collected.
 */
export class Buffers {
  readonly #kept: ArrayBuffer[] = [];
  #bytes = 0;

  /** Exactly so long, with whatever is in it. */
  take(bytes: number): ArrayBuffer {
    const index = this.#kept.findIndex(({ byteLength }) => byteLength === bytes);
    if (index < 0) return new ArrayBuffer(bytes);
    this.#bytes -= bytes;
    return this.#kept.splice(index, 1)[0] as ArrayBuffer;
  }

  giveBack(buffer: ArrayBuffer): void {
    this.#kept.push(buffer);
    this.#bytes += buffer.byteLength;
    // Of another project, or more than a full house needs.
    while (this.#bytes > KEPT) this.#bytes -= this.#kept.shift()!.byteLength;
  }
}

/** One for all of the isolate's shards. */
export const buffers = new Buffers();
