import { localSeed, rateAt } from '../../shared/api/plan.ts';
import type { Recipe } from '../../shared/api/recipe.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { begunFrom, type Personal } from '../../shared/train/personal.ts';
import { open } from '../../shared/weights/codec.ts';
import { encodeDelta } from '../train/delta.ts';
import { Pace } from '../train/pace.ts';
import { trainRound } from '../train/round.ts';

/** Of a round: what the asked volunteers hold and have sent, and how the labels that they learnt by were. */
export type Sent = {
  deltas: number;
  /** Images that deltas were learnt from, of so many held. */
  images: number;
  held: number;
  bytes: number;
  /** Images that were given a class for the round, and how many of these the right one. */
  named: number;
  right: number;
};

export const NOTHING: Sent = { deltas: 0, images: 0, held: 0, bytes: 0, named: 0, right: 0 };

export type CrowdOptions = {
  tf: Tf;
  recipe: Recipe;
  /** One a volunteer. */
  volunteers: readonly LocalData[];
  /** The classes of each volunteer's images, which neither it nor the server sees. */
  truth?: readonly Int32Array[] | undefined;
  /** Volunteers of a round, drawn anew for each from the plan's seed; left out, all of them. */
  asked?: number | undefined;
  /** Called when another of a round's volunteers is done. */
  onVolunteer?: ((round: number, done: number) => void) | undefined;
};

/** Volunteers by their own code, with what each keeps from round to round, and their aggregation. */
export class Crowd {
  readonly #o: CrowdOptions;
  /** What each volunteer's last message lost. */
  readonly #residuals: (Float32Array | null)[];
  /** What each has of its own, where the plan lets it (FedEMA). */
  readonly #own: (Personal | undefined)[];
  /** The newest version first; in synchronous rounds the only one. */
  #versions: Float32Array[] = [];
  /** Of the aggregation's last part. */
  #memory: Float32Array | undefined;

  constructor(options: CrowdOptions) {
    this.#o = options;
    this.#residuals = options.volunteers.map(() => null);
    this.#own = options.volunteers.map(() => undefined);
  }

  /**
   * One round from these weights, or in asynchronous training one buffer: its deltas start from any of the
   * last `maxStaleness + 1` versions, evenly by lot, as if volunteers were of any speed.
   */
  async round(
    round: number,
    weights: Float32Array,
  ): Promise<{ weights: Float32Array; sent: Sent }> {
    const { recipe } = this.#o;
    const { plan, model, pipeline } = recipe;
    const late = plan.round.mode === 'async' ? plan.round.maxStaleness : 0;
    this.#versions = [weights, ...this.#versions].slice(0, late + 1);
    const chance = new Random(plan.seed).fork(`staleness in round ${round}`);
    const tally = pipeline.begin(model.sent.layout.size);
    const sent = { ...NOTHING };
    for (const [i, who] of this.#drawn(round).entries()) {
      const staleness = chance.int(this.#versions.length);
      const learnt = await this.#volunteer(who, { round, place: i, staleness, sent });
      this.#o.onVolunteer?.(round, i + 1);
      if (!learnt) continue;
      const { message, usable } = learnt;
      tally.add(open(message, { count: model.sent.layout.size }), usable, { staleness });
      sent.deltas++;
      sent.images += usable;
      sent.bytes += message.byteLength;
    }
    if (tally.count === 0) return { weights, sent };
    const base = model.sent.take(weights);
    const mean = await pipeline.combine([tally], { layout: model.sent.layout, base });
    const { step, afterState } = pipeline.step(mean, this.#memory);
    this.#memory = afterState;
    return { weights: model.sent.moved(weights, step), sent };
  }

  async #volunteer(
    who: number,
    { round, place, staleness, sent }: Turn,
  ): Promise<{ message: Uint8Array; usable: number } | undefined> {
    const { tf, recipe, volunteers, truth } = this.#o;
    const { plan, model } = recipe;
    const data = volunteers[who] as LocalData;
    const received = this.#versions[staleness] as Float32Array;
    const tau = plan.local.personal;
    const { weights, lambda } = begunFrom(model, received, this.#own[who], tau);
    const seed = localSeed(plan.seed, round, place);
    sent.held += data.count;
    const result = await trainRound({
      ...{ tf, recipe, weights, data, seed, rate: rateAt(round, plan.rounds) },
      pace: new Pace(new AbortController().signal),
      onStep: () => undefined,
      onLabels: (labels) => compare(sent, labels, truth?.[who]),
    });
    if (result.kind === 'nothing') return undefined;
    const learnt = model.sent.take(result.weights);
    if (tau > 0) this.#own[who] = { weights: learnt, lambda };
    const chance = new Random(seed).fork('codec');
    const before = model.sent.take(received);
    const encoded = encodeDelta(plan.codec, learnt, before, chance, this.#residuals[who]);
    this.#residuals[who] = encoded.residual;
    return { message: encoded.message, usable: result.usable };
  }

  /** Who is asked in a round, in the order in which they came. */
  #drawn(round: number): number[] {
    const { volunteers, asked, recipe } = this.#o;
    const all = range(volunteers.length);
    if (asked === undefined || asked >= all.length) return all;
    const random = new Random(recipe.plan.seed).fork(`asked in round ${round}`);
    return random
      .shuffle(all)
      .slice(0, asked)
      .sort((a, b) => a - b);
  }
}

type Turn = { round: number; place: number; staleness: number; sent: Sent };

function compare(sent: Sent, labels: Int32Array, truth: Int32Array | undefined): void {
  if (!truth) return;
  labels.forEach((label, i) => {
    if (label < 0) return;
    sent.named++;
    if (label === truth[i]) sent.right++;
  });
}
