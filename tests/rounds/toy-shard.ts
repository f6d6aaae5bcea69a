import type { Recipe } from '../../shared/api/recipe.ts';
import type { Pipeline } from '../../shared/aggregation/pipeline.ts';
import { plainSums } from '../../shared/kernels/accumulate/sums.ts';
import { Random } from '../../shared/math/random.ts';
import {
  reduceCohort,
  type Cohort,
  type CohortEffect,
  type CohortEvent,
  type Mode,
} from '../../shared/rounds/cohort.ts';
import { encode } from '../../shared/weights/codec.ts';
import { GroupCommit } from '../../worker/rounds/group-commit.ts';
import { Intake } from '../../worker/rounds/intake.ts';
import { Log } from '../../worker/rounds/log.ts';
import type { Claim } from '../../worker/rounds/upload.ts';
import { Disk } from '../kit/storage.ts';
import { asking } from './cohorts.ts';

/** Numbers in a delta: four bodies are longer than the sum, and three are not. */
export const SIZE = 64;

/** What a volunteer makes of a round: the same again whenever it is asked. */
export function bodyOf(volunteer: string, variant = 0): Uint8Array {
  const random = new Random(variant).fork(volunteer);
  const values = Float32Array.from({ length: SIZE }, () => random.normal());
  return encode('float32', values, random);
}

export const imagesOf = (volunteer: string) => 10 + volunteer.charCodeAt(0);

/** A claim that fits `bodyOf`; its digest is only a name here. */
export function claimOf(volunteer: string, { round = 1, version = 1, variant = 0 } = {}): Claim {
  const digest = `${volunteer} ${variant}`;
  return { volunteer, round, version, images: imagesOf(volunteer), digest };
}

/** Group commit on a disk, inside what worker/rounds/shard.ts does around it. */
export class ToyShard {
  readonly disk = new Disk();
  readonly effects: CohortEffect[] = [];
  readonly released: Uint8Array[] = [];
  readonly #pipeline: Pipeline;
  log!: Log;
  commits!: GroupCommit;
  cohort: Cohort;

  constructor(pipeline: Pipeline, mode: Mode, volunteers: readonly string[], quota: number) {
    this.#pipeline = pipeline;
    this.cohort = asking(mode, [...volunteers], { quota });
    this.restart();
    this.log.saveCohort(this.cohort);
  }

  /** Torn down and started again: what is not on the disk is lost. */
  restart(): void {
    this.log = new Log(this.disk.storage);
    this.cohort = this.log.loadCohort() ?? this.cohort;
    this.commits = new GroupCommit(this.log, this.intake(), {
      cohort: () => this.cohort,
      committed: (cohort, effects) => {
        this.cohort = cohort;
        this.effects.push(...effects);
      },
      release: (body) => this.released.push(body),
    });
  }

  /** The sums as whoever starts on this disk now makes them. */
  intake(): Intake {
    const recipe = {
      ...{ plan: { codec: 'float32' }, model: { sent: { layout: { size: SIZE } } } },
      pipeline: this.#pipeline,
    };
    return new Intake(new Log(this.disk.storage), recipe as Recipe, plainSums);
  }

  dispatch(event: CohortEvent): void {
    this.commits.flush();
    const { cohort, effects } = reduceCohort(this.cohort, event);
    this.log.atomically('cohort', () => this.log.saveCohort(cohort));
    this.cohort = cohort;
    this.effects.push(...effects);
  }
}
