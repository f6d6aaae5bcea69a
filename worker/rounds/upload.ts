import { RpcTarget } from 'cloudflare:workers';
import { Problem, type ProblemHints } from '../../shared/api/problem.ts';
import type { Receipt } from '../../shared/api/schemas.ts';

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

/** A place for one body, of so many bytes at most. Whoever holds it gives it back by disposing of it. */
export type Entered = Submitted | { exact: number; berth: Berth };

/**
 * What lets one body in. The worker that the upload came to reads it only now: a body passed on to
 * the object unread goes through in pieces of 4 KB, which took 30 ms a megabyte.
 */
export class Berth extends RpcTarget {
  readonly #take: (message: Uint8Array) => Promise<Submitted>;
  readonly #leave: () => void;

  constructor(take: (message: Uint8Array) => Promise<Submitted>, leave: () => void) {
    super();
    this.#take = take;
    this.#leave = leave;
  }

  submit(message: Uint8Array): Promise<Submitted> {
    return this.#take(message);
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

/** A body must arrive at this rate at least, in bytes a millisecond, or within `LEAST_MS`. */
const SLOWEST = 20;
const LEAST_MS = 60_000;

/**
 * The message, at most as long as a delta of this project is; a shorter one is the codec's to judge.
 * @throws Problem 402 when it does not come in time, 403 when there is more.
 */
export async function readMessage(
  read: (limit: number) => Promise<Uint8Array>,
  exact: number,
): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Whoever trickles its bytes would keep the place of others.
  const late = new Promise<never>((_, reject) => {
    const patience = Math.max(LEAST_MS, exact / SLOWEST);
    timer = setTimeout(
      () => reject(new Problem(402, `its ${exact} bytes did not come within ${patience / 1000} s`)),
      patience,
    );
  });
  try {
    return await Promise.race([read(exact), late]);
  } catch (error) {
    if (error instanceof Problem && error.code === 102)
      throw new Problem(403, `a delta of this project has ${exact} bytes`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
