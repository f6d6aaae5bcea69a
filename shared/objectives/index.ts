import { simclr } from './contrastive/simclr.ts';
import type { Objective } from './contract.ts';
import { fixmatch } from './semi/fixmatch.ts';
import { supervised } from './supervised/supervised.ts';

/** Every objective, by its file's name: plan validation, forms and the catalogue read this table. */
export const OBJECTIVES = { fixmatch, simclr, supervised } satisfies Record<string, Objective>;

export type ObjectiveId = keyof typeof OBJECTIVES;
