/**
 * Every optimiser by its file's name. Apart from the table, so that a plan's
 * schema, which every page reads, does not load what the names stand for; the table fails to compile
 * when the two differ.
 */
export const OPTIMISER_IDS = ['sgd', 'adam'] as const;

export type OptimiserId = (typeof OPTIMISER_IDS)[number];
