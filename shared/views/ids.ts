/**
 * Every view by name. Apart from the table, so that a plan's
 * schema, which every page reads, does not load what the names stand for; the table fails to compile
 * when the two differ.
 */
export const VIEW_NAMES = [
  'plain',
  'weak',
  'strong',
  'crop',
  'weak-flip',
  'strong-flip',
  'crop-flip',
] as const;

export type ViewName = (typeof VIEW_NAMES)[number];
