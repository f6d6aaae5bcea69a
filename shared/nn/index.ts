import { conv4 } from './conv4.ts';
import type { Net } from './net.ts';
import { strided } from './strided.ts';

/** Every network a project can be built on, by name. */
export const NETS = {
  'conv4-32': conv4(32),
  'conv4-64': conv4(64),
  strided,
} satisfies Record<string, Net>;

export type NetName = keyof typeof NETS;
