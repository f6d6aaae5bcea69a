import type { Context } from 'hono';
import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import type { App } from '../handler.ts';

/**
 * The request's bytes, never more than `limit`: a longer body is refused by its announced length,
 * or as soon as more has arrived. @throws Problem 102, 104.
 */
export async function readBytes(
  c: Context<App>,
  limit: number,
  types: readonly string[],
): Promise<Uint8Array> {
  const type = mediaType(c);
  if (!types.includes(type)) throw new Problem(104, `"${type}" is not among ${types.join(', ')}`);
  const announced = Number(c.req.header('content-length') ?? Number.NaN);
  if (announced > limit) throw tooLarge(limit);
  // A body whose length is known arrives whole, five times faster than chunk by chunk (4 KB each).
  if (announced >= 0) return new Uint8Array(await c.req.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Not cancelled when it is too long: the caller is still sending (linger.ts).
  for await (const chunk of c.req.raw.body?.values({ preventCancel: true }) ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

/** What the body is said to be, lower-case and without parameters: `image/png`. */
export function mediaType(c: Context<App>): string {
  return c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** A JSON body that fits the schema. @throws Problem 101, 102, 104. */
export async function readJson<S extends v.GenericSchema>(
  c: Context<App>,
  schema: S,
  limit: number,
): Promise<v.InferOutput<S>> {
  return check(schema, parseJson(await readBytes(c, limit, ['application/json'])));
}

/** @throws Problem 101 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Problem(101, `the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The same, of a body that may be left out: then the schema is given undefined. */
export async function readOptionalJson<S extends v.GenericSchema>(
  c: Context<App>,
  schema: S,
  limit: number,
): Promise<v.InferOutput<S>> {
  const { body } = c.req.raw;
  const isThere = body !== null && c.req.header('content-length') !== '0';
  return isThere ? readJson(c, schema, limit) : check(schema, undefined);
}

/** @throws Problem 101 that names the field and what it should be. */
export function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value, { abortPipeEarly: true });
  if (parsed.success) return parsed.output;
  const issues = parsed.issues.slice(0, 5).map((issue) => {
    const path = v.getDotPath(issue);
    return path ? `${path}: ${issue.message}` : issue.message;
  });
  throw new Problem(101, issues.join('; '));
}

function tooLarge(limit: number): Problem {
  return new Problem(102, `the limit of this route is ${limit} bytes`);
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
