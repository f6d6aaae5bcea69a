import type { Recipe } from '../../shared/api/recipe.ts';
import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import { Random } from '../../shared/math/random.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Assignment, Decline, Progress } from '../../shared/protocol/messages.ts';
import { begunFrom } from '../../shared/train/personal.ts';
import type { Snapshot } from '../../shared/train/session.ts';
import type { ViewMaker } from '../../shared/train/view-order.ts';
import { Api } from '../net/api.ts';
import { isFinal, persist } from '../net/persist.ts';
import { receive } from '../net/receive.ts';
import { upload } from '../net/upload.ts';
import { encodeDelta } from '../train/delta.ts';
import type { Pace } from '../train/pace.ts';
import { trainThrough, type Device } from '../train/device.ts';
import type { StepReport } from '../train/round.ts';
import type { Ends } from './assignments.ts';
import type { Desk, Ready } from './desk.ts';
import type { ContributionEvent } from './events.ts';
import { RENEWABLE } from './member.ts';
import { isSame } from './memory.ts';

/** What a volunteer says on the line about its work, where there is one. */
export type Voice = { progress(message: Progress): void; decline(message: Decline): void };

export type WorkOptions = {
  origin: string;
  tf: Tf;
  device: Device;
  viewMaker: ViewMaker | undefined;
  data: LocalData;
  project: string;
  recipe: Recipe;
  pace: Pace;
  desk: Desk;
  voice: Voice;
  /** Ends with the contribution. */
  signal: AbortSignal;
  /** Wakes whoever waits for an edge that was silent. */
  wake: EventTarget;
  onEvent: (event: ContributionEvent) => void;
  /** The edge does not know the ticket any more. */
  onTicketRefused: (problem: Problem) => void;
};

/** Refusals that say no more than that others were faster, or that the edge has moved on. */
const TOO_LATE: readonly ProblemCode[] = [407, 411, 413];

/** What is done with an assignment: fetch the weights, learn from the local images, send the delta. */
export class Work {
  readonly #o: WorkOptions;

  constructor(options: WorkOptions) {
    this.#o = options;
  }

  /** @returns whether it is settled: acknowledged, or refused for good. */
  async do(assignment: Assignment, { learning, sending }: Ends): Promise<boolean> {
    try {
      const kept = await this.#o.desk.unsent();
      const delta =
        kept && isSame(kept, assignment) ? kept : await this.#learn(assignment, learning);
      return delta !== undefined && (await this.send(delta, sending));
    } catch (error) {
      if (!learning.aborted) this.#failed(assignment.round, error as Error);
      return false;
    }
  }

  /** Sends a delta until it is settled, its round cannot be open any more, or the signal is aborted. */
  async send(delta: Ready, signal: AbortSignal): Promise<boolean> {
    const { origin, project, recipe, desk, wake, onEvent } = this.#o;
    const { round, version, images, until, report, ticket } = delta;
    try {
      const receipt = await upload(new Api(origin, ticket), {
        ...{ project, round, version, images, delta: delta.message, until, wake, signal },
      });
      await desk.acknowledged(delta);
      const parameters = recipe.model.sent.layout.size;
      onEvent({ kind: 'sent', round, receipt, parameters, images, report });
      return true;
    } catch (error) {
      return this.#notSent(round, error as Error, signal);
    }
  }

  async #notSent(round: number, error: Error, signal: AbortSignal): Promise<boolean> {
    const { desk, onEvent, onTicketRefused } = this.#o;
    // Stopped by the volunteer: it is sent when the contribution goes on.
    if (this.#o.signal.aborted) return false;
    if (signal.aborted || isFinal(error)) await desk.refused();
    if (signal.aborted) return false;
    const problem = error instanceof Problem ? error : undefined;
    if (problem && TOO_LATE.includes(problem.code))
      onEvent({ kind: 'closed', round, reason: problem.message });
    else this.#failed(round, error);
    if (problem && RENEWABLE.includes(problem.code)) onTicketRefused(problem);
    return isFinal(error);
  }

  /** @returns the delta; undefined when the images have nothing to teach in this round. */
  async #learn(assignment: Assignment, signal: AbortSignal): Promise<Ready | undefined> {
    const { tf, device, viewMaker, data, recipe, pace, desk, voice, onEvent } = this.#o;
    const { round, version, rate, seed } = assignment;
    const { steps, personal: tau } = recipe.plan.local;
    const received = await this.#weights(assignment, signal);
    const { weights, lambda } = begunFrom(recipe.model, received, await desk.personal(), tau);
    const from = await desk.checkpoint(assignment);
    const bytesDown = received.byteLength;
    onEvent({ kind: 'round', round, version, steps, from: from?.steps ?? 0, bytesDown });
    const job = {
      ...{ tf, recipe, weights, data, rate, seed, pace, from, viewMaker },
      onStep: (step: StepReport) => {
        signal.throwIfAborted();
        this.#tell(round, step);
      },
      onSnapshot: (snapshot: Snapshot) => {
        if (!signal.aborted) void desk.saveCheckpoint(assignment, snapshot);
      },
    };
    const result = await trainThrough(job, {
      device,
      onReplaced: (replaced) => onEvent({ kind: 'replaced', round, ...replaced }),
    });
    signal.throwIfAborted();
    if (result.kind === 'learnt') {
      const delta = await this.#encode(assignment, received, result);
      if (tau > 0)
        await desk.keepPersonal({ weights: recipe.model.sent.take(result.weights), lambda });
      return delta;
    }
    voice.decline({ round, reason: result.reason });
    onEvent({ kind: 'declined', round, reason: result.reason });
    return undefined;
  }

  async #encode(
    { round, version, seed, deadline: until, ticket }: Assignment,
    before: Float32Array,
    learnt: { weights: Float32Array; usable: number; report: Record<string, number> },
  ): Promise<Ready> {
    const { recipe, desk } = this.#o;
    const chance = new Random(seed).fork('codec');
    const lost = await desk.residual();
    const { plan, model } = recipe;
    const [now, then] = [model.sent.take(learnt.weights), model.sent.take(before)];
    const encoded = encodeDelta(plan.codec, now, then, chance, lost);
    const { usable: images, report } = learnt;
    const work = { round, version, seed, until, ticket };
    const delta: Ready = { ...work, images, report, ...encoded };
    await desk.learnt(delta);
    return delta;
  }

  #tell(round: number, step: StepReport): void {
    this.#o.onEvent({ kind: 'step', round, ...step });
    if (!step.terms) return;
    const sum = Object.values(step.terms).reduce((a, b) => a + b, 0);
    const loss = Number.isFinite(sum) ? sum : null;
    this.#o.voice.progress({ round, step: step.step, steps: step.steps, loss });
  }

  /** What the assignment starts from, asked for until it is there or of no use any more. */
  #weights({ round, weights, deadline }: Assignment, signal: AbortSignal): Promise<Float32Array> {
    const fetched = async () => {
      const params = { hash: weights };
      const response = await new Api(this.#o.origin).fetch('getWeights', { params, signal });
      const tell = (loaded: number, total: number | null) =>
        this.#o.onEvent({ kind: 'receiving', round, loaded, total });
      return new Float32Array((await receive(response, tell, signal)).buffer);
    };
    return persist(fetched, { signal, until: deadline, wake: this.#o.wake });
  }

  #failed(round: number, error: Error): void {
    this.#o.onEvent({ kind: 'failed', round, error });
  }
}
