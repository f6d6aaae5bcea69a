import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import type { Env } from '../env.ts';

/** https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ */
const VERIFY = 'https://challenges.cloudflare.com/turnstile/v0/siteverify';
const PATIENCE_MS = 5000;
const RETRY_SECONDS = 5;

/** What the widget is rendered with, so that a token from another form of the site opens nothing here. */
export const TURNSTILE_ACTION = 'join';

const VerdictSchema = v.object({
  success: v.boolean(),
  hostname: v.optional(v.string()),
  action: v.optional(v.string()),
  cdata: v.optional(v.string()),
  'error-codes': v.optional(v.array(v.string()), []),
});
type Verdict = v.InferOutput<typeof VerdictSchema>;

type Wanted = { project: string; host: string; address: string | null };

/**
 * Asks Cloudflare whether a visitor's token is good, and for this: the page it was given on, the
 * action, the project. Cloudflare lets each token be asked about once.
 * @throws Problem 214 when it is not, 215 when there is no answer: nobody is let in on trust.
 */
export async function checkTurnstile(env: Env, token: string, wanted: Wanted): Promise<void> {
  const verdict = await ask(env, token, wanted.address);
  const { success, hostname, action, cdata } = verdict;
  if (!success) {
    const codes = verdict['error-codes'];
    // Theirs or our own fault, not the visitor's.
    if (codes.some((code) => code === 'internal-error' || code.endsWith('-secret')))
      throw unchecked(codes.join(', '));
    throw new Problem(214, `Turnstile says: ${codes.join(', ') || 'no'}`);
  }
  const parts: [string, string | undefined, string][] = [
    ['page', hostname, wanted.host],
    ['action', action, TURNSTILE_ACTION],
    ['project', cdata, wanted.project],
  ];
  const other = parts.find(([, is, should]) => is !== should);
  if (other) throw new Problem(214, `the token is for the ${other[0]} "${other[1]}"`);
}

async function ask(env: Env, token: string, address: string | null): Promise<Verdict> {
  const body = new FormData();
  body.set('secret', env.TURNSTILE_SECRET as string);
  body.set('response', token);
  if (address !== null) body.set('remoteip', address);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const init = { method: 'POST', body, signal };
    const response = await fetch(env.TURNSTILE_VERIFY_URL ?? VERIFY, init);
    return v.parse(VerdictSchema, await response.json());
  } catch (error) {
    throw unchecked(`Turnstile did not answer: ${(error as Error).message}`, error);
  }
}

function unchecked(why: string, cause?: unknown): Problem {
  return new Problem(215, why, { retryAfter: RETRY_SECONDS, ...(cause ? { cause } : {}) });
}
