import type { ProblemCode } from '../../../shared/api/problem.ts';
import { Problem } from '../../../shared/api/problem.ts';
import type { InputSpec } from '../../../shared/nn/net.ts';
import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { ChosenFile, Skipped } from '../../data/files.ts';
import type { TurnstileChallenge } from '../../net/challenge.ts';
import type { ContributionEvent } from '../../sdk/contribute.ts';
import type { BackendName, Tried } from '../../tf.ts';

/** An error as it crosses threads: a structured clone of an Error would lose the problem's number. */
export type Trouble = { code: ProblemCode | null; detail: string };

export function troubleOf(error: unknown): Trouble {
  const detail = error instanceof Error ? error.message : String(error);
  return { code: error instanceof Problem ? error.code : null, detail };
}

/** The SDK's events, with errors that can be posted. */
export type PostedEvent =
  | Exclude<ContributionEvent, { kind: 'failed' }>
  | { kind: 'failed'; round: number; trouble: Trouble };

export type ToTrainer =
  /** `backend` is the one to use, where the visitor named one. */
  | {
      kind: 'start';
      origin: string;
      project: string;
      data: LocalData;
      backend: BackendName | undefined;
    }
  /** What the widget said; null when it could not be shown. */
  | { kind: 'answered'; token: string | null }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'stop' };

export type FromTrainer =
  /** The thread's script is loaded: only now are the images moved into it. */
  | { kind: 'ready' }
  | { kind: 'backend'; backend: BackendName; tried: Tried[] }
  | { kind: 'event'; event: PostedEvent }
  /** The edge wants to hear from a person before it gives a ticket; the page has to show the widget. */
  | { kind: 'challenged'; challenge: TurnstileChallenge }
  /** The end, by choice or by trouble. The images come back: they were moved, not copied. */
  | { kind: 'ended'; data: LocalData; trouble: Trouble | null };

export type ToPreparer = { chosen: ChosenFile[]; input: InputSpec };

export type FromPreparer =
  | { kind: 'progress'; done: number; total: number }
  | { kind: 'prepared'; data: LocalData; used: string[]; skipped: Skipped[] }
  | { kind: 'broken'; trouble: Trouble };
