import type { Places } from './memory.ts';

/** Room in linear memory for one payload, the last one; grown for a larger one, never shrunk. */
export type Scratch = {
  /** Copies the bytes in, whatever is there. @returns their address, good until the next copy */
  copyIn(bytes: Uint8Array): number;
  /** The address of bytes that do not change: copied in unless the last copy was of this very array. */
  addressOf(bytes: Uint8Array): number;
};

export function scratchIn(memory: WebAssembly.Memory, places: Places): Scratch {
  let place = places.take(0);
  let last: Uint8Array | undefined;

  function copyIn(bytes: Uint8Array): number {
    const { length } = bytes;
    if (length > place.bytes) {
      // Taken before the old one is given back: memory that is refused leaves everything as it was.
      const larger = places.take(length);
      places.giveBack(place);
      place = larger;
    }
    new Uint8Array(memory.buffer, place.at, length).set(bytes);
    last = bytes;
    return place.at;
  }

  return { copyIn, addressOf: (bytes) => (bytes === last ? place.at : copyIn(bytes)) };
}
