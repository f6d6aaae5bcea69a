import { recipeOf, type Recipe } from '../../shared/api/plan.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Project, Receipt } from '../../shared/api/schemas.ts';
import { Random } from '../../shared/math/random.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import {
  PROTOCOL_VERSION,
  type Assignment,
  type TrainingState,
} from '../../shared/protocol/messages.ts';
import { Api } from '../net/api.ts';
import { connect, type ProjectSocket } from '../net/socket.ts';
import { upload } from '../net/upload.ts';
import { encodeDelta } from '../train/delta.ts';
import { Pace } from '../train/pace.ts';
import { trainRound, type StepReport } from '../train/round.ts';

/** What a contribution tells whoever watches it: a page, a progress bar, a test. */
export type ContributionEvent =
  | { kind: 'joined'; volunteer: string }
  | { kind: 'connected' }
  | { kind: 'disconnected'; reason: string }
  | { kind: 'state'; state: TrainingState }
  | { kind: 'round'; round: number; version: number; steps: number; bytesDown: number }
  | ({ kind: 'step'; round: number } & StepReport)
  | {
      kind: 'sent';
      receipt: Receipt;
      parameters: number;
      images: number;
      report: Record<string, number>;
    }
  | { kind: 'declined'; round: number; reason: string }
  | { kind: 'closed'; round: number; reason: string }
  | { kind: 'failed'; round: number; error: Error };

export type ContributeOptions = {
  origin: string;
  project: string;
  tf: Tf;
  backend: string;
  data: LocalData;
  signal: AbortSignal;
  onEvent: (event: ContributionEvent) => void;
};

/** A running contribution. `done` settles when it is stopped; it rejects when joining is refused. */
export type Contribution = { pace: Pace; done: Promise<void> };

/**
 * Lends this tab to a project until the signal is aborted: joins, waits for rounds, learns from the
 * local images, sends back weight deltas. Images never reach the network code: `upload` takes
 * encoded deltas only.
 */
export function contribute(options: ContributeOptions): Contribution {
  const pace = new Pace(options.signal);
  return { pace, done: run(options, pace) };
}

async function run(options: ContributeOptions, pace: Pace): Promise<void> {
  const { origin, project: id, signal, onEvent, backend, data } = options;
  const open = new Api(origin);
  const { project } = await open.call('getProject', { params: { project: id }, signal });
  const ticket = await open.call('join', { params: { project: id }, signal });
  onEvent({ kind: 'joined', volunteer: ticket.volunteer });
  const worker = new Worker(options, project, new Api(origin, ticket.ticket), pace);
  const socket = connect(origin, id, ticket.ticket);
  try {
    socket.on('connect', () => {
      onEvent({ kind: 'connected' });
      socket.emit('hello', { protocol: PROTOCOL_VERSION, backend, images: data.count }, (state) =>
        onEvent({ kind: 'state', state }),
      );
    });
    socket.on('disconnect', (reason) => onEvent({ kind: 'disconnected', reason }));
    socket.on('state', (state) => onEvent({ kind: 'state', state }));
    socket.on('closed', ({ round, reason }) => worker.close(round, reason));
    socket.on('assignment', (assignment) => worker.take(assignment, socket));
    await aborted(signal, socket);
  } finally {
    worker.close(Number.POSITIVE_INFINITY, 'stopped');
    socket.disconnect();
  }
}

/** Resolves when the signal is aborted; rejects when the edge refuses the connection for good. */
function aborted(signal: AbortSignal, socket: ProjectSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    socket.on('problem', ({ code, detail }) =>
      reject(new Problem(code as Problem['code'], detail)),
    );
  });
}

/** Does one round at a time; a newer assignment replaces an older one. */
class Worker {
  readonly #o: ContributeOptions;
  readonly #api: Api;
  readonly #pace: Pace;
  readonly #recipe: Recipe;
  #open: { round: number; abort: AbortController } | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: ContributeOptions, project: Project, api: Api, pace: Pace) {
    this.#o = options;
    this.#api = api;
    this.#pace = pace;
    this.#recipe = recipeOf(project.plan, project.classes.length);
  }

  take(assignment: Assignment, socket: ProjectSocket): void {
    // The same round again: the line broke and came back while its work goes on.
    if (this.#open?.round === assignment.round) return;
    this.#open?.abort.abort(new Error('a newer round has begun'));
    const abort = new AbortController();
    this.#open = { round: assignment.round, abort };
    this.#queue = this.#queue.then(() => this.#work(assignment, socket, abort.signal));
  }

  close(round: number, reason: string): void {
    if (!this.#open || this.#open.round > round) return;
    this.#open.abort.abort(new Error(reason));
    this.#open = undefined;
    if (Number.isFinite(round)) this.#o.onEvent({ kind: 'closed', round, reason });
  }

  async #work(assignment: Assignment, socket: ProjectSocket, signal: AbortSignal): Promise<void> {
    const { onEvent } = this.#o;
    try {
      await this.#learnAndSend(assignment, socket, signal);
    } catch (error) {
      if (!signal.aborted)
        onEvent({ kind: 'failed', round: assignment.round, error: error as Error });
    } finally {
      if (this.#open?.round === assignment.round) this.#open = undefined;
    }
  }

  async #learnAndSend(
    assignment: Assignment,
    socket: ProjectSocket,
    signal: AbortSignal,
  ): Promise<void> {
    const { tf, data, onEvent, project } = this.#o;
    const { round, version, rate, seed } = assignment;
    const { plan, model } = this.#recipe;
    const weights = await this.#weights(assignment.weights, signal);
    onEvent({
      kind: 'round',
      round,
      version,
      steps: plan.local.steps,
      bytesDown: weights.byteLength,
    });
    const result = await trainRound({
      ...{ tf, recipe: this.#recipe, weights, data, rate, seed, pace: this.#pace },
      onStep: (step) => {
        signal.throwIfAborted();
        onEvent({ kind: 'step', round, ...step });
        if (step.terms) {
          const loss = Object.values(step.terms).reduce((a, b) => a + b, 0);
          const known = Number.isFinite(loss) ? loss : null;
          socket.volatile.emit('progress', {
            round,
            step: step.step,
            steps: step.steps,
            loss: known,
          });
        }
      },
    });
    if (result.kind === 'nothing') {
      socket.emit('decline', { round, reason: result.reason });
      onEvent({ kind: 'declined', round, reason: result.reason });
      return;
    }
    const delta = encodeDelta(plan.codec, result.weights, weights, new Random(seed).fork('codec'));
    const images = result.usable;
    const receipt = await upload(this.#api, { project, round, version, images, delta, signal });
    onEvent({
      kind: 'sent',
      receipt,
      parameters: model.layout.size,
      images,
      report: result.report,
    });
  }

  async #weights(hash: string, signal: AbortSignal): Promise<Float32Array> {
    const response = await this.#api.fetch('getWeights', { params: { hash }, signal });
    return new Float32Array(await response.arrayBuffer());
  }
}
