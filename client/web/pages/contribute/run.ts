import type { TrainingState } from '../../../../shared/protocol/messages.ts';
import type { BackendName, Tried } from '../../../tf.ts';
import type { Replaced } from '../../../train/device.ts';
import type { FromTrainer, PostedEvent, Trouble } from '../../thread/messages.ts';

/** One upload, as the trust panel lists it. */
export type Sent = {
  round: number;
  bytes: number;
  digest: string;
  parameters: number;
  images: number;
};

/** Something worth a line: a round sat out, closed early, or gone wrong. */
export type Note =
  | { kind: 'declined' | 'closed'; round: number; reason: string }
  | { kind: 'failed'; round: number; trouble: Trouble }
  | ({ kind: 'replaced'; round: number } & Replaced);

/**
 * The round this tab works on. `step` 0: it looks at the images first. `from`: steps that were done
 * before a reload.
 */
export type Work = { round: number; step: number; steps: number; from: number };

export type Curve = { steps: number[]; loss: number[] };

/** Everything the page shows of a contribution: a pure function of what happened so far. */
export type Run = {
  status: 'idle' | 'starting' | 'running' | 'stopping' | 'ended';
  paused: boolean;
  /** The edge's puzzle is being solved: joining comes after it. */
  puzzled: boolean;
  /** `left`: until a time that the edge has named. */
  line: 'none' | 'connected' | 'lost' | 'left';
  /** When the line is taken up again, in milliseconds since 1970, where it was left. */
  backAt: number | null;
  backend: { name: BackendName; tried: Tried[] } | null;
  /** What the contribution takes of the device's memory, in bytes. */
  memory: { used: number; most: number } | null;
  training: TrainingState | null;
  work: Work | null;
  imagesPerSecond: number | null;
  /** Steps of the rounds before: the curve's x axis goes on from round to round. */
  stepsBefore: number;
  curve: Curve;
  bytesDown: number;
  bytesUp: number;
  sent: Sent[];
  notes: Note[];
  trouble: Trouble | null;
};

export type Action =
  | { kind: 'start' | 'pause' | 'resume' | 'stop' }
  | Exclude<FromTrainer, { kind: 'challenged' }>;

export const IDLE: Run = {
  status: 'idle',
  paused: false,
  puzzled: false,
  line: 'none',
  backAt: null,
  backend: null,
  memory: null,
  training: null,
  work: null,
  imagesPerSecond: null,
  stepsBefore: 0,
  curve: { steps: [], loss: [] },
  bytesDown: 0,
  bytesUp: 0,
  sent: [],
  notes: [],
  trouble: null,
};

const MAX_NOTES = 20;
const MAX_POINTS = 1200;

export function reduce(run: Run, action: Action): Run {
  switch (action.kind) {
    case 'start':
      // What left the tab stays on the list for as long as the page is open.
      return {
        ...IDLE,
        status: 'starting',
        sent: run.sent,
        bytesUp: run.bytesUp,
        bytesDown: run.bytesDown,
      };
    case 'pause':
      return { ...run, paused: true };
    case 'resume':
      return { ...run, paused: false };
    case 'stop':
      return { ...run, status: 'stopping' };
    case 'ready':
      return run;
    case 'backend':
      return { ...run, ...advance(run), backend: { name: action.backend, tried: action.tried } };
    case 'ended':
      return {
        ...run,
        status: 'ended',
        paused: false,
        line: 'none',
        work: null,
        trouble: action.trouble,
      };
    case 'event':
      return happen(run, action.event);
  }
}

/** Starting is over once the thread speaks; but a stop that was asked for meanwhile stays asked for. */
const advance = (run: Run) => (run.status === 'starting' ? { status: 'running' as const } : {});

function happen(run: Run, event: PostedEvent): Run {
  switch (event.kind) {
    case 'puzzle':
      return { ...run, ...advance(run), puzzled: true };
    case 'joined':
      return { ...run, ...advance(run), puzzled: false };
    case 'memory':
      return { ...run, memory: { used: event.images + event.training, most: event.most } };
    case 'connected':
      return { ...run, line: 'connected', backAt: null };
    case 'disconnected':
      return { ...run, line: 'lost' };
    case 'waiting':
      return { ...run, line: 'left', backAt: event.until };
    case 'state':
      return { ...run, training: event.state };
    case 'receiving':
      return run;
    case 'round':
      return {
        ...leaveRound(run),
        work: { round: event.round, step: event.from, steps: event.steps, from: event.from },
        bytesDown: run.bytesDown + event.bytesDown,
      };
    case 'step':
      return step(run, event);
    case 'replaced':
      return replaced(run, event);
    case 'sent': {
      const { round, bytes, digest } = event.receipt;
      const sent = { round, bytes, digest, parameters: event.parameters, images: event.images };
      // A delta from before a reload may come to its end while another round is at work.
      const left = run.work?.round === event.round ? leaveRound(run) : run;
      return { ...left, sent: [sent, ...run.sent], bytesUp: run.bytesUp + bytes };
    }
    case 'declined':
    case 'closed':
      return note(run, { kind: event.kind, round: event.round, reason: event.reason });
    case 'failed':
      return note(run, { kind: 'failed', round: event.round, trouble: event.trouble });
  }
}

function step(run: Run, event: Extract<PostedEvent, { kind: 'step' }>): Run {
  const { round, steps, terms, imagesPerSecond } = event;
  const loss = terms && Object.values(terms).reduce((sum, term) => sum + term, 0);
  const curve =
    loss === null || !Number.isFinite(loss)
      ? run.curve
      : extend(run.curve, run.stepsBefore + event.step, loss);
  const from = run.work?.from ?? 0;
  return { ...run, work: { round, step: event.step, steps, from }, imagesPerSecond, curve };
}

/** The round goes back to its last snapshot; the curve goes on, with the steps that are taken again. */
function replaced(run: Run, event: Extract<PostedEvent, { kind: 'replaced' }>): Run {
  const notes = [event, ...run.notes].slice(0, MAX_NOTES);
  const backend = run.backend && { ...run.backend, name: event.backend };
  if (run.work?.round !== event.round) return { ...run, notes, backend };
  const stepsBefore = run.stepsBefore + run.work.step - event.step;
  return { ...run, notes, backend, stepsBefore, work: { ...run.work, step: event.step } };
}

/** Long curves are thinned to every second point, so that a tab left open for a day stays small. */
function extend({ steps, loss }: Curve, at: number, value: number): Curve {
  if (steps.length < MAX_POINTS) return { steps: [...steps, at], loss: [...loss, value] };
  const even = (_: number, i: number) => i % 2 === 0;
  return { steps: [...steps.filter(even), at], loss: [...loss.filter(even), value] };
}

function leaveRound(run: Run): Run {
  return { ...run, work: null, stepsBefore: run.stepsBefore + (run.work?.step ?? 0) };
}

function note(run: Run, entry: Note): Run {
  const left = run.work?.round === entry.round ? leaveRound(run) : run;
  return { ...left, notes: [entry, ...run.notes].slice(0, MAX_NOTES) };
}

/** What the status line says. */
export type Stage =
  | 'idle'
  | 'starting'
  | 'proving'
  | 'connecting'
  | 'reconnecting'
  | 'paused'
  | 'waiting'
  | 'resting'
  | 'looking'
  | 'learning'
  | 'sending'
  | 'stopping'
  | 'stopped'
  | 'failed';

export function stageOf({ status, trouble, paused, puzzled, line, work }: Run): Stage {
  if (status === 'ended') return trouble ? 'failed' : 'stopped';
  if (status !== 'running') return status;
  if (paused) return 'paused';
  if (line === 'lost') return 'reconnecting';
  if (work) return work.step === 0 ? 'looking' : work.step < work.steps ? 'learning' : 'sending';
  if (line === 'left') return 'resting';
  if (puzzled) return 'proving';
  return line === 'connected' ? 'waiting' : 'connecting';
}
