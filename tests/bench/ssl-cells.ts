import type { ObjectiveId } from '../../shared/objectives/index.ts';

export type Cell = {
  objective: ObjectiveId;
  /** By how many steps the run has; chosen on validation images. */
  settings?: (steps: number) => object;
  /** Labels are made at the start of each part but the first, which learns from the labelled alone. */
  rounds?: number;
  /** At most so many unlabelled images. */
  most?: number;
  sees?: 'labelled' | 'all labels';
};

/** A central run starts from nothing: what has no threshold waits until the labels have taught something. */
const ramp = (steps: number) => ({ rampSteps: Math.round(steps / 5) });
const perStep = { labels: 'step' };

/** Every semi-supervised system, between labelled images alone and all labels. */
export const CELLS: Record<string, Cell> = {
  'labelled-only': { objective: 'supervised', sees: 'labelled' },
  'pseudo-label': { objective: 'pseudo-label', settings: (s) => ({ ...perStep, ...ramp(s) }) },
  'pi-model': { objective: 'pi-model', settings: (s) => ({ weight: 10, ...ramp(s) }) },
  'mean-teacher': { objective: 'mean-teacher', settings: (s) => ({ weight: 10, ...ramp(s) }) },
  vat: { objective: 'vat', settings: ramp },
  mixmatch: { objective: 'mixmatch', settings: ramp },
  remixmatch: { objective: 'remixmatch', settings: ramp, rounds: 2 },
  fixmatch: { objective: 'fixmatch', settings: () => ({ ...perStep, alignment: false }) },
  'fixmatch-aligned': { objective: 'fixmatch', settings: () => perStep },
  flexmatch: {
    objective: 'fixmatch',
    settings: () => ({ ...perStep, alignment: false, thresholds: 'flex' }),
    rounds: 2,
  },
  freematch: {
    objective: 'fixmatch',
    settings: () => ({ ...perStep, alignment: false, thresholds: 'free' }),
    rounds: 2,
  },
  semifl: { objective: 'fixmatch', settings: () => ({ mix: true }), rounds: 4, most: 10_000 },
  'co-training': { objective: 'co-training' },
  fedmatch: { objective: 'fedmatch', rounds: 4 },
  'noisy-student': { objective: 'noisy-student', rounds: 4, most: 10_000 },
  'label-propagation': { objective: 'label-propagation', rounds: 4, most: 5000 },
  upper: { objective: 'supervised', sees: 'all labels' },
};
