const PAGE = 65_536;
const ALIGNMENT = 16;

/** `bytes` bytes from an address on. */
export type Place = { readonly at: number; readonly bytes: number };

/** Places in a linear memory: taken and given back, growing only when no gap is large enough. */
export type Places = {
  /**
   * Room for `bytes` bytes or a little more, aligned to 16; what lies there is not cleared.
   * @throws RangeError when the platform gives no more memory; nothing has changed then.
   */
  take(bytes: number): Place;
  giveBack(place: Place): void;
};

/**
 * First fit over a list of gaps, neighbours merged. A shard holds some sums of one size and one
 * payload, so the list has a handful of entries, and its length is all that a call costs.
 * @param start everything from this address on is managed here
 */
export function placesIn(memory: WebAssembly.Memory, start: number): Places {
  const first = ALIGNMENT * Math.ceil(start / ALIGNMENT);
  /** In the order of their addresses; no two touch. */
  const gaps: Place[] = [{ at: first, bytes: memory.buffer.byteLength - first }];

  function take(bytes: number): Place {
    const size = rounded(bytes);
    const index = gaps.findIndex((gap) => gap.bytes >= size);
    const gap = gaps[index];
    if (!gap) {
      grow(size);
      return take(bytes);
    }
    const { at } = gap;
    if (gap.bytes === size) gaps.splice(index, 1);
    else gaps[index] = { at: at + size, bytes: gap.bytes - size };
    return { at, bytes: size };
  }

  /** Makes the last gap `size` bytes large, or a new one behind what is taken. */
  function grow(size: number): void {
    const end = memory.buffer.byteLength;
    const last = gaps.at(-1);
    const there = last && last.at + last.bytes === end ? last.bytes : 0;
    const pages = Math.ceil((size - there) / PAGE);
    memory.grow(pages);
    giveBack({ at: end, bytes: pages * PAGE });
  }

  function giveBack(place: Place): void {
    const next = gaps.findIndex((gap) => gap.at > place.at);
    const index = next < 0 ? gaps.length : next;
    gaps.splice(index, 0, place);
    merge(index);
    merge(index - 1);
  }

  /** One gap of the one at `index` and its successor, where they touch. */
  function merge(index: number): void {
    const [gap, next] = [gaps[index], gaps[index + 1]];
    if (!gap || !next || gap.at + gap.bytes !== next.at) return;
    gaps.splice(index, 2, { at: gap.at, bytes: gap.bytes + next.bytes });
  }

  return { take, giveBack };
}

/** Whole vectors, and at least one, so that no two places have one address. */
function rounded(bytes: number): number {
  return ALIGNMENT * Math.max(1, Math.ceil(bytes / ALIGNMENT));
}
