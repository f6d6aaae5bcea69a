/**
 * Every aggregation rule by its file's name. Apart from the rules themselves, so that a form or a
 * plan schema can list them without bundling them; `index.ts` fails to compile when the two differ.
 */
export const BEFORE_IDS = ['clip-norm', 'staleness'] as const;
export const COMBINE_IDS = [
  'weighted-mean',
  'trimmed-mean',
  'coordinate-median',
  'geometric-median',
  'krum',
  'multi-krum',
  'l-dawa',
] as const;
export const AFTER_IDS = ['fedavg', 'fedavgm', 'fedadam', 'fedyogi', 'fedadagrad'] as const;

export type BeforeId = (typeof BEFORE_IDS)[number];
export type CombineId = (typeof COMBINE_IDS)[number];
export type AfterId = (typeof AFTER_IDS)[number];
