import { Part, type Demand } from '../../shared/challenge/work.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Challenge, ChallengeAnswer } from '../../shared/api/schemas/challenge.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';
import { Api } from './api.ts';

export type TurnstileChallenge = Extract<Challenge, { kind: 'turnstile' }>;

/** Shows Turnstile's widget to whoever is there. @returns the token that it gives */
export type Widget = (challenge: TurnstileChallenge, signal: AbortSignal) => Promise<string>;

export type JoinOptions = {
  origin: string;
  project: string;
  signal: AbortSignal;
  /** Only a page can show one; without it, an edge that wants one refuses. */
  widget?: Widget | undefined;
  /** Hears that there is a puzzle, before it is solved. */
  onPuzzle?: () => void;
};

/**
 * Joins a project; an edge that asks for an answer to its challenge is given one.
 * @throws Problem 213 when a person is asked and nobody is there, 212, 214, 215, 301; Unreachable.
 */
export async function join({
  origin,
  project,
  signal,
  widget,
  onPuzzle,
}: JoinOptions): Promise<Ticket> {
  const api = new Api(origin);
  const options = { params: { project }, signal };
  try {
    return await api.call('join', options);
  } catch (error) {
    if (!(error instanceof Problem && error.code === 213)) throw error;
    const challenge = await api.call('getChallenge', options);
    if (challenge.kind === 'turnstile' && !widget) throw error;
    if (challenge.kind === 'work') onPuzzle?.();
    const json = await answerOf(challenge, signal, widget);
    return api.call('join', { ...options, json });
  }
}

async function answerOf(
  challenge: Challenge,
  signal: AbortSignal,
  widget: Widget | undefined,
): Promise<ChallengeAnswer> {
  if (challenge.kind === 'work') {
    const { puzzle } = challenge;
    return { work: { puzzle, nonces: await solve(puzzle, challenge, signal) } };
  }
  if (challenge.kind === 'turnstile' && widget)
    return { turnstile: await widget(challenge, signal) };
  return {};
}

/** Shorter than what a browser calls a long task, longer than what it costs to stop and go on. */
const SLICE_MS = 20;

/**
 * The nonces of a puzzle, in slices: a page that works on it itself stays awake.
 * @throws the signal's reason when it is aborted.
 */
export async function solve(
  puzzle: string,
  { count, bits }: Demand,
  signal: AbortSignal,
): Promise<number[]> {
  const nonces: number[] = [];
  let until = performance.now() + SLICE_MS;
  for (let index = 0; index < count; index++) {
    const part = new Part(puzzle, index, bits);
    let nonce = 0;
    while (!part.fits(nonce)) {
      nonce++;
      if (nonce % 64 !== 0 || performance.now() < until) continue;
      await breathe();
      signal.throwIfAborted();
      until = performance.now() + SLICE_MS;
    }
    nonces.push(nonce);
  }
  return nonces;
}

/** Lets everything else have its turn. No timer: in a hidden tab those ring once a second. */
function breathe(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
