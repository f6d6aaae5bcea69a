import { Problem } from '../../shared/api/problem.ts';

/** A body must arrive at this rate at least, in bytes a millisecond, or within `LEAST_MS`. */
const SLOWEST = 20;
const LEAST_MS = 60_000;

/** workerd's reader, which TypeScript takes for the browsers': those have no `readAtLeast`. */
type FillingReader = Pick<ReadableStreamBYOBReader, 'cancel' | 'releaseLock'> & {
  /** Resolves when so many elements have come, or the stream has ended. */
  readAtLeast(least: number, into: Uint8Array): Promise<{ value?: Uint8Array; done: boolean }>;
};

/**
 * Reads a message into memory that has room for one byte more than a delta of this project is long.
 * All of it is read at once: a stream's own pieces are of 4 KB, and took 30 ms a megabyte; this takes
 * 2, with the way from the worker to the object. What is left of a longer one is the caller's.
 * @throws Problem 402 when it does not come in time, 403 when there is more; a shorter one is the
 *   codec's to judge
 */
export async function readMessage(
  body: ReadableStream,
  memory: ArrayBuffer,
  leastMs = LEAST_MS,
): Promise<Uint8Array> {
  const exact = memory.byteLength - 1;
  const reader = body.getReader({ mode: 'byob' }) as unknown as FillingReader;
  const message = await inTime(fill(reader, memory), Math.max(leastMs, exact / SLOWEST), () => {
    // It stays locked: nobody is to wait for the rest.
    void reader.cancel().catch(() => undefined);
    return new Problem(402, `its ${exact} bytes did not come in time`);
  });
  reader.releaseLock();
  if (message.length > exact) throw new Problem(403, `a delta of this project has ${exact} bytes`);
  return message;
}

async function fill(reader: FillingReader, memory: ArrayBuffer): Promise<Uint8Array> {
  try {
    const { value } = await reader.readAtLeast(memory.byteLength, new Uint8Array(memory));
    return value ?? new Uint8Array(0);
  } catch (cause) {
    throw new Problem(402, 'the body broke off', { cause });
  }
}

/** Whoever trickles its bytes would keep the place of others. @throws what `late` makes */
async function inTime<T>(work: Promise<T>, patience: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), patience);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
