import { layoutOf, type Layout } from './layout.ts';

/** Some of a layout's parameters, as a layout of their own: what of a model is trained, and travels. */
export type Part = {
  layout: Layout;
  /** Their numbers out of the whole weights. The whole itself where nothing is left out: not to be written to. */
  take(whole: Float32Array): Float32Array;
  /** The whole weights with `scale * step` added to this part of them; fresh. */
  moved(whole: Float32Array, step: Float32Array, scale?: number): Float32Array;
};

/** @throws when nothing of the layout is chosen. */
export function partOf(whole: Layout, chosen: (name: string) => boolean): Part {
  const entries = whole.entries.filter(({ name }) => chosen(name));
  if (entries.length === 0) throw new Error('weights: no parameter is left to train');
  const layout = entries.length === whole.entries.length ? whole : layoutOf(entries);
  const fits = (flat: Float32Array, { size }: Layout) => {
    if (flat.length !== size)
      throw new Error(`weights: ${flat.length} numbers for a layout of ${size}`);
  };
  return {
    layout,
    take(flat) {
      fits(flat, whole);
      if (layout === whole) return flat;
      const part = new Float32Array(layout.size);
      entries.forEach(({ offset, size }, i) =>
        part.set(flat.subarray(offset, offset + size), layout.entries[i]!.offset),
      );
      return part;
    },
    moved(flat, step, scale = 1) {
      fits(flat, whole);
      fits(step, layout);
      const next = flat.slice();
      entries.forEach(({ offset, size }, i) => {
        const from = layout.entries[i]!.offset;
        for (let n = 0; n < size; n++) next[offset + n]! += scale * step[from + n]!;
      });
      return next;
    },
  };
}
