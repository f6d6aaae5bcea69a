import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type PathParams, type ReplyOf, type RouteName } from '../../shared/api/routes.ts';
import { Api, type CallOptions, type QueryOf } from '../net/api.ts';
import { receive, type OnProgress } from '../net/receive.ts';
import { isPure, repeat } from './repeat.ts';

export type ShoalOptions = {
  /** Where the edge is, as `https://shoal.example.org`. */
  origin: string;
  /** An app's key or an admin's; left out where a project answers everybody. */
  key?: string | undefined;
  /** The project of every call that names no other. */
  project?: string | undefined;
  /** Milliseconds for a whole call with all its tries; 30,000 unless told otherwise. */
  timeout?: number | undefined;
  /** Tries of a call that may be made again; 4 unless told otherwise. */
  tries?: number | undefined;
};

/** What every call takes beside its own matter. */
export type Ways = {
  project?: string | undefined;
  /** Calls it off; the call rejects with its reason. */
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
};

type ParamsOf<N extends RouteName> = Omit<PathParams<(typeof ROUTES)[N]['path']>, 'project'>;
/** Nothing at all where a path has no more than the project: an empty object would take anything. */
type Params<N extends RouteName> = keyof ParamsOf<N> extends never ? never : ParamsOf<N>;

/** As the route table has it; the project may be left to the client. */
export type RouteCall<N extends RouteName> = Omit<CallOptions<N>, 'params' | 'signal'> &
  Ways & { params?: Params<N> };

const TIMEOUT_MS = 30_000;
const TRIES = 4;

/**
 * Calls of an edge's routes by their names: typed by the route table, tried again where that does no
 * harm, given up in time. Whoever changes what is answered is answered with those changes from the
 * next call on.
 */
export class Client {
  readonly #api: Api;
  readonly #options: ShoalOptions;
  /** Per project, the newest revision that a change of this client's own has made. */
  readonly #revisions = new Map<string, number>();

  constructor(options: ShoalOptions) {
    this.#options = options;
    this.#api = new Api(options.origin, options.key);
  }

  get origin(): string {
    return this.#api.origin;
  }

  /** The project that a call goes to, by itself or by the client. */
  protected projectOf({ project }: Ways): string | undefined {
    return project ?? this.#options.project;
  }

  /** Any route of the table, by its name. @throws Problem, Unreachable, or the signal's reason */
  async call<N extends RouteName>(name: N, options: RouteCall<N> = {}): Promise<ReplyOf<N>> {
    const reply = await this.#repeated(name, options, (ready) => this.#api.call(name, ready));
    this.#remember(name, this.projectOf(options), reply);
    return reply;
  }

  /** A route that answers with bytes. */
  download<N extends RouteName>(
    name: N,
    options: RouteCall<N> = {},
    onProgress?: OnProgress,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#repeated(name, options, async (ready) =>
      receive(await this.#api.fetch(name, ready), onProgress, ready.signal),
    );
  }

  #repeated<N extends RouteName, T>(
    name: N,
    { project, signal, timeout, params, query, ...matter }: RouteCall<N>,
    attempt: (ready: CallOptions<N> & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const named = this.projectOf({ project });
    const ready = {
      ...matter,
      params: { ...(named === undefined ? {} : { project: named }), ...params },
      query: { ...this.#ownChanges(name, named), ...query } as QueryOf<N>,
    } as CallOptions<N>;
    return repeat(name, (until) => attempt({ ...ready, signal: until }), {
      timeout: timeout ?? this.#options.timeout ?? TIMEOUT_MS,
      tries: this.#options.tries ?? TRIES,
      signal,
    });
  }

  /** Where a route takes it: an answer must not be older than this client's own last change. */
  #ownChanges(name: RouteName, project: string | undefined): { minRevision?: number } {
    const { query } = ROUTES[name] as Route;
    const takesIt = query && 'entries' in query && 'minRevision' in (query.entries as object);
    const revision = project === undefined ? undefined : this.#revisions.get(project);
    return takesIt && revision !== undefined ? { minRevision: revision } : {};
  }

  #remember(name: RouteName, project: string | undefined, reply: unknown): void {
    if (isPure(name) || project === undefined || typeof reply !== 'object' || !reply) return;
    const { revision, live } = reply as { revision?: number; live?: { revision: number } | null };
    const made = revision ?? live?.revision ?? 0;
    if (made > (this.#revisions.get(project) ?? 0)) this.#revisions.set(project, made);
  }
}
