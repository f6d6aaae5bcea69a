import { conv4 } from './conv4.ts';
import { mlp } from './mlp.ts';
import { mobile } from './mobile.ts';
import type { NetName } from './ids.ts';
import type { Net } from './net.ts';
import { resnet9 } from './resnet9.ts';
import { strided } from './strided.ts';
import { wideResnet } from './wide-resnet.ts';

/** Every network a project can be built on, by name. */
export const NETS = {
  'conv4-32': conv4(32),
  'conv4-64': conv4(64),
  'conv4-64-bn': conv4(64, true),
  mlp,
  mobile,
  resnet9,
  strided,
  'wrn-16-2': wideResnet(16, 2),
  'wrn-28-2': wideResnet(28, 2),
} satisfies Record<NetName, Net>;

export type { NetName };
