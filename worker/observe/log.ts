/** A line of the log: one JSON object, so that whatever collects it can search by field. */
export type Line = {
  level: 'info' | 'warn' | 'error';
  /** The request's id, which the caller has too. */
  request: string;
  route: string;
  method: string;
  status: number;
  ms: number;
  project?: string;
  /** Who acted, where it was an admin. */
  actor?: string;
  /** Number of the problem that it was answered with. */
  problem?: number;
  /** What was thrown, where nobody foresaw it. */
  error?: string;
};

/** Slower than this is worth a line. */
const SLOW_MS = 1000;

/** How much is written. */
export const DEPTHS = ['errors', 'notable', 'all'] as const;
export type Depth = (typeof DEPTHS)[number];

/**
 * Whether a request is written down. `errors`: what failed on our side; `notable`: also what an admin
 * did, and what took long; not all of them unless asked, for the platform bills lines, and a crowd's
 * requests are all alike.
 */
export function isWritten({ status, actor, method, ms }: Line, depth: Depth): boolean {
  if (status >= 500 || depth === 'all') return true;
  return depth === 'notable' && ((actor !== undefined && method !== 'GET') || ms >= SLOW_MS);
}

/** An error with its stack, for the log only. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function write(line: Line): void {
  const text = JSON.stringify(line);
  if (line.level === 'error') console.error(text);
  else if (line.level === 'warn') console.warn(text);
  else console.log(text);
}
