import { connect } from 'node:net';
import fc from 'fast-check';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import type { Route } from '../../shared/api/route.ts';
import { Random } from '../../shared/math/random.ts';
import { blankProject, createLive, withEdge, type BenchEdge } from './edge.ts';
import { hostileRequests, type Hostile } from './hostile-requests.ts';
import { watchMemory } from './memory.ts';
import { Connections } from './requests.ts';
import type { Bench } from './run.ts';
import { Turns } from './turns.ts';

const SEED = 23;
const CONNECTIONS = 16;
const SIZE = 16;
/** Requests that are drawn, and sent, at a time. */
const WAVE = 2000;
/** One in so many goes through a bare socket, as bytes that are hardly HTTP. */
const RAW_EVERY = 50;
/** An answer that has not begun by then is none. */
const PATIENCE_MS = 20_000;

/**
 * What somebody sends who means no good: requests drawn from the edge's own OpenAPI document with
 * something wrong in most of them, junk to addresses that do not exist, and bytes that are no HTTP; as
 * nobody, as a volunteer, with an app's key, and as an admin.
 *
 * `requests` that were sent; `answered`; `serverErrors`, answers of 500 and above; `stackTraces` in
 * answers; `trespasses`, routes that answered a role as if the table allowed it; `silent`, requests
 * over HTTP without an answer. `memoryGrowth` is the resident memory of workerd in the last fifth over
 * that in the second fifth (the first fills caches): the highest of either.
 */
export const hostile: Bench = async ({ options, say }) => {
  const wanted = Number(options['requests'] ?? 100_000);
  const figures = await withEdge(say, (edge) => measure(edge, wanted, say));
  return { seeds: [SEED], figures };
};

type Caller = 'nobody' | 'volunteer' | 'app' | 'admin';

async function measure(
  edge: BenchEdge,
  wanted: number,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const plan = { net: 'strided', input: { size: SIZE, channels: 1 }, seed: SEED } as const;
  for (const id of ['first', 'second'])
    await createLive(edge, blankProject(id, { ...plan, server: { warmupSteps: 1 } }, 3, SIZE));
  const callers = await callersOf(edge);
  const document = (await (await fetch(`${edge.origin}/openapi.json`)).json()) as Record<
    string,
    unknown
  >;
  const drawn = hostileRequests(document, {
    projects: ['first', 'second'],
    tokens: [...callers.keys()],
  });
  const seen = new Seen(callers, say);
  const connections = new Connections(edge.origin, CONNECTIONS);
  const turns = new Turns(CONNECTIONS);
  const random = new Random(SEED);
  const peaks: number[] = [];
  for (let sent = 0, wave = 0; sent < wanted; sent += WAVE, wave++) {
    const memory = watchMemory(edge.pid());
    const requests = fc.sample(drawn, { seed: SEED + wave, numRuns: WAVE });
    const send = async (one: Hostile, i: number) => {
      if (i % RAW_EVERY === 0) await sendRaw(edge.origin, rawBytes(one, random));
      else seen.note(one, await connections.ask(one, PATIENCE_MS).catch(() => undefined));
    };
    await Promise.all(requests.map((one, i) => turns.take(() => send(one, i))));
    peaks.push(memory?.stop() ?? 0);
    if ((wave + 1) % 5 === 0)
      say(`${sent + WAVE} sent, workerd holds ${peaks.at(-1)!.toFixed(0)} MB`);
  }
  connections.close();
  const fifth = Math.max(1, Math.floor(peaks.length / 5));
  const before = Math.max(...peaks.slice(fifth, 2 * fifth));
  const after = Math.max(...peaks.slice(-fifth));
  return {
    ...{ requests: peaks.length * WAVE, ...seen.figures() },
    ...(before > 0 ? { residentMb: after, memoryGrowth: after / before } : {}),
  };
}

/** The tokens that the attacker has, and whose each is. */
async function callersOf({ admin, anyone, adminToken }: BenchEdge): Promise<Map<string, Caller>> {
  const { ticket } = await anyone.call('join', { params: { project: 'first' }, json: {} });
  const { key } = await admin.call('createKey', {
    json: { name: 'hostile', role: 'app', project: 'first' },
  });
  return new Map<string, Caller>([
    [ticket, 'volunteer'],
    [key, 'app'],
    // Junk must not hurt where it gets further, either.
    [adminToken, 'admin'],
  ]);
}

type Fault = 'serverErrors' | 'stackTraces' | 'trespasses' | 'silent';

/** What came back. */
class Seen {
  readonly #callers: Map<string, Caller>;
  readonly #say: (line: string) => void;
  #told = 0;
  readonly #counts = { answered: 0, serverErrors: 0, stackTraces: 0, trespasses: 0, silent: 0 };

  constructor(callers: Map<string, Caller>, say: (line: string) => void) {
    this.#callers = callers;
    this.#say = say;
  }

  note(sent: Hostile, reply: { status: number; body: Buffer } | undefined): void {
    if (!reply) return this.#bad('silent', sent, 'no answer');
    this.#counts.answered++;
    const text = reply.body.toString('latin1');
    if (reply.status >= 500) this.#bad('serverErrors', sent, `${reply.status} ${text}`);
    if (/\n\s+at \S+.*:\d+/.test(text)) this.#bad('stackTraces', sent, text);
    if (reply.status < 300 && sent.operation && !this.#mayCall(sent))
      this.#bad('trespasses', sent, `${reply.status}`);
  }

  figures(): Record<string, number> {
    return this.#counts;
  }

  #mayCall({ operation, headers }: Hostile): boolean {
    const { access }: Route = ROUTES[operation as RouteName];
    const token = headers['authorization']?.slice('Bearer '.length) ?? '';
    const caller = this.#callers.get(token) ?? 'nobody';
    // Both projects answer everybody.
    if (access === 'public' || access === 'app' || caller === 'admin') return true;
    return access === 'volunteer' && caller === 'volunteer';
  }

  #bad(kind: Fault, { method, path, headers, body }: Hostile, what: string): void {
    this.#counts[kind]++;
    if (this.#told++ < 20)
      this.#say(
        `${kind}: ${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 200)} ${Buffer.from(
          body ?? [],
        )
          .toString('latin1')
          .slice(0, 200)} -> ${what.slice(0, 300)}`,
      );
  }
}

/** A request whose head or length is a lie, or plain bytes. */
function rawBytes({ method, path, body = new Uint8Array() }: Hostile, random: Random): Buffer {
  const kinds = [
    () => Buffer.from(body),
    () => Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 70000000\r\n\r\n`),
    () =>
      Buffer.from(
        `${method} ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      ),
    () => Buffer.from(`${method} ${path} HTTP/9.9\r\n${'x: y\r\n'.repeat(3000)}\r\n`),
    () => Buffer.from(`${method}\u0000${path}\r\n\r\n`),
  ];
  return kinds[random.int(kinds.length)]!();
}

/** Writes the bytes, waits for an answer or a moment, and is gone. */
function sendRaw(origin: string, bytes: Buffer): Promise<void> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setTimeout(50, () => socket.destroy());
    socket.on('data', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}
