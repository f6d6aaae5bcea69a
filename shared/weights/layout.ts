/**
 * The one order of a model's numbers. A flat Float32Array means nothing without its layout:
 * tabs, shards and the registry all read offsets from here.
 */
export type ParamSpec = { name: string; shape: readonly number[]; init: Init };

/** How a parameter starts: a constant, or He's normal for `fanIn` inputs (He et al. 2015). */
export type Init = { kind: 'constant'; value: number } | { kind: 'he'; fanIn: number };

export type LayoutEntry = ParamSpec & { offset: number; size: number };

export type Layout = { entries: readonly LayoutEntry[]; size: number };

/**
 * Lays parameters out one after another, in the order given.
 * @throws when a name occurs twice or a shape is not positive.
 */
export function layoutOf(specs: readonly ParamSpec[]): Layout {
  const seen = new Set<string>();
  let offset = 0;
  const entries = specs.map((spec) => {
    if (seen.has(spec.name)) throw new Error(`layout: parameter "${spec.name}" occurs twice`);
    seen.add(spec.name);
    const size = spec.shape.reduce((a, b) => a * b, 1);
    if (!spec.shape.every((side) => Number.isInteger(side) && side > 0))
      throw new Error(`layout: "${spec.name}" has the shape [${spec.shape}]`);
    const entry = { ...spec, offset, size };
    offset += size;
    return entry;
  });
  return { entries, size: offset };
}
