/**
 * Every aggregation rule by its file's name. Apart from the rules themselves, so that a form or a
 * plan schema can list them without bundling them; `index.ts` fails to compile when the two differ.
 */
export const BEFORE_IDS = ['clip-norm'] as const;
export const COMBINE_IDS = ['weighted-mean'] as const;
export const AFTER_IDS = ['fedavg', 'fedavgm'] as const;

export type BeforeId = (typeof BEFORE_IDS)[number];
export type CombineId = (typeof COMBINE_IDS)[number];
export type AfterId = (typeof AFTER_IDS)[number];
