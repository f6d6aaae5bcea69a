import { RpcTarget } from 'cloudflare:workers';
import { Problem, type ProblemHints } from '../../shared/api/problem.ts';
import type { Receipt } from '../../shared/api/schemas/training.ts';

/** What a volunteer says of its delta. The route has checked its form, and whose it is. */
export type Claim = {
  volunteer: string;
  round: number;
  version: number;
  images: number;
  digest: string;
};

/** A refusal on its way between objects, where errors lose their class. */
export type Refused = { problem: { code: Problem['code']; detail: string; hints: ProblemHints } };

export type Submitted = { receipt: Receipt } | Refused;

/** A place for one body. Whoever holds it gives it back by disposing of it. */
export type Entered = Submitted | { berth: Berth };

/** What lets one body in. The worker that the upload came to has it sent only now. */
export class Berth extends RpcTarget {
  readonly #take: (body: ReadableStream | null) => Promise<Submitted>;
  readonly #leave: () => void;

  constructor(take: (body: ReadableStream | null) => Promise<Submitted>, leave: () => void) {
    super();
    this.#take = take;
    this.#leave = leave;
  }

  submit(body: ReadableStream | null): Promise<Submitted> {
    return this.#take(body);
  }

  /** Called when the caller lets go of it, or is gone. */
  [Symbol.dispose](): void {
    this.#leave();
  }
}

/** @throws what is no refusal. */
export function refusalOf(error: unknown): Refused {
  if (!(error instanceof Problem)) throw error;
  const { code, message: detail, hints } = error;
  return { problem: { code, detail, hints } };
}
