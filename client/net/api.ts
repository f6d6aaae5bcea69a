import type { GenericSchema, InferInput } from 'valibot';
import type { Route } from '../../shared/api/route.ts';
import {
  ROUTES,
  type BodyOf,
  type PathParams,
  type ReplyOf,
  type RouteName,
} from '../../shared/api/routes.ts';
import { PROBLEMS, type ProblemBody } from '../../shared/api/problem.ts';
import { problemOf } from './problems.ts';

/** What a route's address may say behind its question mark; numbers are written out. */
export type QueryOf<N extends RouteName> = (typeof ROUTES)[N] extends {
  query: infer S extends GenericSchema;
}
  ? { [K in keyof InferInput<S>]?: string | number }
  : never;

/** What a call may carry; which of it is needed follows from the route. */
export type CallOptions<N extends RouteName> = {
  params?: PathParams<(typeof ROUTES)[N]['path']>;
  json?: BodyOf<N>;
  bytes?: Uint8Array;
  /** Of `bytes`. */
  type?: string;
  form?: FormData;
  headers?: Record<string, string>;
  query?: QueryOf<N>;
  signal?: AbortSignal;
};

/** The edge did not answer, or not in its own language: worth another try later. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** Seconds after which whoever answered in its place asks to be asked again: its Retry-After header. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfter?: number } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
  }
}

/** Calls routes of the one table. Replies are typed by it; a refusal is thrown as its numbered `Problem`. */
export class Api {
  readonly origin: string;
  readonly #token: string | undefined;

  constructor(origin: string, token?: string) {
    this.origin = origin.replace(/\/$/, '');
    this.#token = token;
  }

  /** @throws Problem as the route's table names them; Unreachable when there is no answer. */
  async call<N extends RouteName>(name: N, options: CallOptions<N> = {}): Promise<ReplyOf<N>> {
    const response = await this.fetch(name, options);
    const { reply } = ROUTES[name] as Route;
    if (!reply.json) return undefined as ReplyOf<N>;
    try {
      return (await response.json()) as ReplyOf<N>;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      // Cut off in the middle, or not our edge's answer: nobody knows whether it took effect.
      throw new Unreachable(`${response.url} gave no whole answer`, { cause: error });
    }
  }

  /** The same, with the body unread: for weights. */
  async fetch<N extends RouteName>(name: N, options: CallOptions<N> = {}): Promise<Response> {
    const route: Route = ROUTES[name];
    const url = new URL(this.origin + fill(route.path, options.params as Record<string, string>));
    for (const [key, value] of Object.entries(options.query ?? {}))
      url.searchParams.set(key, String(value));
    const headers = new Headers(options.headers);
    if (this.#token) headers.set('authorization', `Bearer ${this.#token}`);
    if (options.json !== undefined) headers.set('content-type', 'application/json');
    if (options.type) headers.set('content-type', options.type);
    const { json, bytes, form } = options;
    const body = json !== undefined ? JSON.stringify(json) : (form ?? (bytes as BodyInit));
    const init: RequestInit = { method: route.method, headers };
    if (body !== undefined) init.body = body;
    if (options.signal) init.signal = options.signal;
    const response = await fetch(url, init).catch((error: unknown) => {
      if (options.signal?.aborted) throw error;
      throw new Unreachable(`${url.origin} does not answer`, { cause: error });
    });
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

function fill(path: string, params: Record<string, string> = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`api: the address ${path} needs "${name}"`);
    // A dot or two would be taken for the folder itself, or the one above.
    if (/^\.{1,2}$/.test(value)) throw new Error(`api: "${value}" is no ${name}`);
    return encodeURIComponent(value);
  });
}

async function refusal(response: Response): Promise<Error> {
  const body = (await response.json().catch(() => undefined)) as ProblemBody | undefined;
  if (body && Object.hasOwn(PROBLEMS, body.code)) {
    const { code, detail, retryAfter, weights } = body;
    return problemOf(code, detail, {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(weights === undefined ? {} : { weights }),
    });
  }
  // As seconds; the other form, a date, is not worth a clock that may be wrong.
  const header = response.headers.get('retry-after');
  const hint = header !== null && /^\d+$/.test(header) ? { retryAfter: Number(header) } : {};
  return new Unreachable(`${response.url} answered ${response.status}`, hint);
}
