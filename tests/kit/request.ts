import type { ProblemBody } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';

export type Ask = {
  params?: Record<string, string>;
  /** Appended as it is: `?top=0`. */
  query?: string;
  token?: string | undefined;
  type?: string;
  /** Sent as it is. */
  body?: string | Uint8Array;
  /** Sent as JSON, where there is no body. */
  json?: unknown;
  headers?: Record<string, string>;
};

export type Answered = { status: number; headers: Headers; text: string; problem: ProblemBody };

/** Calls a route with whatever one likes, right or wrong: the client's own `Api` would refuse some of it. */
export async function ask(origin: string, name: RouteName, options: Ask = {}): Promise<Answered> {
  const route: Route = ROUTES[name];
  const { params = {}, query = '', token, json } = options;
  const path = route.path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(params[key] ?? 'none'),
  );
  const body = options.body ?? (json === undefined ? undefined : JSON.stringify(json));
  const type = options.type ?? (body === undefined ? undefined : 'application/json');
  const response = await fetch(origin + path + query, {
    method: route.method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: body as BodyInit }),
  });
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  const problem = (isProblem ? JSON.parse(text) : {}) as ProblemBody;
  return { status: response.status, headers: response.headers, text, problem };
}
