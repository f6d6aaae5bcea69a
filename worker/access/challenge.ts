import { errors, jwtVerify, SignJWT } from 'jose';
import { DEMAND, isSolved } from '../../shared/challenge/work.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Challenge, ChallengeAnswer } from '../../shared/api/schemas/challenge.ts';
import type { Env } from '../env.ts';
import { checkTurnstile, TURNSTILE_ACTION } from './turnstile.ts';

/** Long enough for a slow phone, too short to solve them in stock. */
const LIFETIME_SECONDS = 120;

/** Objects that a project's solved puzzles are spread over: a crowd joins at once. */
const METERS = 16;

const ISSUER = 'shoal-challenge';

/** What this edge asks of whoever wants to join the project. */
export async function challengeOf(env: Env, project: string): Promise<Challenge> {
  if (env.CHALLENGE === 'turnstile') {
    const siteKey = env.TURNSTILE_SITE_KEY as string;
    return { kind: 'turnstile', siteKey, action: TURNSTILE_ACTION, cData: project };
  }
  if (env.CHALLENGE !== 'work') return { kind: 'none' };
  const puzzle = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(project)
    .setJti(crypto.randomUUID())
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(secretOf(env));
  return { kind: 'work', puzzle, ...DEMAND };
}

/** Who wants to join, and with what answer. */
export type Joiner = { project: string; host: string; address: string | null };

/** @throws Problem 213 when the edge asks for an answer and this is none. */
export function demandAnswer(env: Env, answer: ChallengeAnswer): void {
  if (env.CHALLENGE === 'turnstile' && !answer?.turnstile)
    throw new Problem(213, 'the token of the Turnstile widget is missing');
  if (env.CHALLENGE === 'work' && !answer?.work)
    throw new Problem(213, 'the nonces of the puzzle are missing');
}

/** @throws Problem 214 when the answer is wrong or was used, 215 when nobody can tell. */
export async function checkAnswer(
  env: Env,
  answer: ChallengeAnswer,
  joiner: Joiner,
): Promise<void> {
  if (env.CHALLENGE === 'turnstile' && answer?.turnstile)
    await checkTurnstile(env, answer.turnstile, joiner);
  if (env.CHALLENGE === 'work' && answer?.work) await checkWork(env, answer.work, joiner.project);
}

type Work = NonNullable<NonNullable<ChallengeAnswer>['work']>;

async function checkWork(env: Env, { puzzle, nonces }: Work, project: string): Promise<void> {
  const { id, expiresAt } = await readPuzzle(env, puzzle, project);
  if (!isSolved(puzzle, nonces, DEMAND)) throw new Problem(214, 'the nonces do not solve it');
  // Last: what is not solved takes no room in the object that remembers what was.
  const meter = Number.parseInt(id.slice(0, 1), METERS);
  if (!(await env.METER.getByName(`challenge/${project}/${meter}`).isFirst(id, expiresAt)))
    throw new Problem(214, 'the puzzle was used before');
}

async function readPuzzle(
  env: Env,
  puzzle: string,
  project: string,
): Promise<{ id: string; expiresAt: number }> {
  try {
    const options = { issuer: ISSUER, audience: project, algorithms: ['HS256'] };
    const { payload } = await jwtVerify(puzzle, secretOf(env), options);
    return { id: payload.jti as string, expiresAt: 1000 * (payload.exp as number) };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const why = error instanceof errors.JWTExpired ? 'has expired' : 'is not one of this project';
    throw new Problem(214, `the puzzle ${why}`, { cause: error });
  }
}

function secretOf({ TICKET_SECRET }: Env): Uint8Array {
  return new TextEncoder().encode(TICKET_SECRET);
}
