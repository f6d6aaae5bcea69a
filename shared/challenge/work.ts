import { sha256 } from '@noble/hashes/sha2.js';

/**
 * Proof of work (Back 2002, "Hashcash"): of each of `count` parts a nonce for which SHA-256 begins
 * with `bits` zeros. Several small parts take the same time on average as one large one, and are
 * hardly ever unlucky: with 8 of them one in a thousand takes 2.5 times the mean.
 */
export type Demand = { count: number; bits: number };

/** 131,000 hashes on average: a quarter of a second in a tab, at half a million a second. */
export const DEMAND: Demand = { count: 8, bits: 14 };

/** One block of SHA-256, whatever the puzzle's length: its digest, the part, the nonce. */
const LENGTH = 32 + 4 + 8;

/** Tries the nonces of one part after another. Synchronous: WebCrypto's promises are thirty times as slow. */
export class Part {
  readonly #input = new Uint8Array(LENGTH);
  readonly #view = new DataView(this.#input.buffer);
  readonly #bits: number;

  constructor(puzzle: string, index: number, bits: number) {
    this.#input.set(sha256(new TextEncoder().encode(puzzle)));
    this.#view.setUint32(32, index);
    this.#bits = bits;
  }

  /** @param nonce a whole number from 0 */
  fits(nonce: number): boolean {
    this.#view.setUint32(36, Math.floor(nonce / 2 ** 32));
    this.#view.setUint32(40, nonce % 2 ** 32);
    return leadingZeros(sha256(this.#input)) >= this.#bits;
  }
}

export function isSolved(puzzle: string, nonces: readonly number[], demand: Demand): boolean {
  if (nonces.length !== demand.count) return false;
  return nonces.every((nonce, i) => new Part(puzzle, i, demand.bits).fits(nonce));
}

function leadingZeros(bytes: Uint8Array): number {
  const at = bytes.findIndex((byte) => byte !== 0);
  return at < 0 ? 8 * bytes.length : 8 * at + Math.clz32(bytes[at] as number) - 24;
}
