/**
 * Every network by name. Apart from the table, so that a plan's
 * schema, which every page reads, does not load what the names stand for; the table fails to compile
 * when the two differ.
 */
export const NET_NAMES = [
  'conv4-32',
  'conv4-64',
  'conv4-64-bn',
  'mlp',
  'mobile',
  'resnet9',
  'strided',
  'wrn-16-2',
  'wrn-28-2',
] as const;

export type NetName = (typeof NET_NAMES)[number];
