/**
 * Every objective by its file's name. Apart from the table, so that a plan's
 * schema, which every page reads, does not load what the names stand for; the table fails to compile
 * when the two differ.
 */
export const OBJECTIVE_IDS = [
  'autoencoder',
  'byol',
  'co-training',
  'colorization',
  'deep-cluster',
  'fedmatch',
  'fixmatch',
  'instance-discrimination',
  'jigsaw',
  'label-propagation',
  'maml',
  'mann',
  'masked-reconstruction',
  'matching-net',
  'mean-teacher',
  'meta-lstm',
  'mixmatch',
  'moco',
  'next-frame',
  'noisy-student',
  'orchestra',
  'pi-model',
  'protoclr',
  'protonet',
  'psco',
  'pseudo-label',
  'relative-patch',
  'remixmatch',
  'reptile',
  'rotation',
  'simclr',
  'snail',
  'supervised',
  'uflst',
  'vat',
] as const;

export type ObjectiveId = (typeof OBJECTIVE_IDS)[number];
