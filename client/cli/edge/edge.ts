import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { buildAll, ROOT, WEB_OUT, WORKER_OUT } from './build.ts';
import { migrate } from './migrate.ts';

export type EdgeOptions = {
  /** Where D1, R2 and the objects keep their data; undefined: in memory, gone at the end. */
  folder?: string;
  /** 0: any free one. */
  port: number;
  /** Hears every step of persistence when it begins: see worker/rounds/persist.ts. */
  onPersist?: (step: string) => void;
  say: (line: string) => void;
  /**
   * Listens on the worker itself, as workerd alone does: Miniflare's front in between, which reads
   * X-Forwarded headers and routes to assets, takes as long as HTTP and Hono together.
   */
  direct?: boolean;
  /** Pages and worker are built: they are not looked at again. */
  isBuilt?: boolean;
  /** Settings of the worker beside its secrets; see worker/env.ts. */
  vars?: Record<string, string>;
  /** Requests a minute that the platform's rate limits let through, by binding, as if deployed. */
  limits?: Record<string, number>;
};

export type Edge = {
  origin: string;
  /** The edge's own secret: what the demo, the tests and the first start act with. */
  adminToken: string;
  /** Good for the first admin key, once. */
  setupToken: string;
  /** What tickets are signed with. */
  ticketSecret: string;
  /** workerd's process, to measure or to kill; undefined where there is no /proc to find it in. */
  pid: () => number | undefined;
  stop: () => Promise<void>;
};

/**
 * The edge on this machine: workerd itself, with D1, R2 and Durable Objects on disk, reachable on
 * loopback only. No development proxy in between: that costs 6 ms a request.
 */
export async function startEdge(edge: EdgeOptions): Promise<Edge> {
  const { folder, port, say, onPersist, direct = false, vars = {}, limits = {} } = edge;
  if (!edge.isBuilt) await buildAll(say);
  const secrets = folder ? keptSecrets(folder) : newSecrets();
  const { date, flags } = compatibility();
  if (folder) await migrateStored(folder);
  const options = convertV4MiniflareOptions({
    ...(folder ? { resourcePersistencePath: join(folder, 'data') } : {}),
    ...{ host: '127.0.0.1', port: direct ? 0 : port, unsafeLocalExplorer: false },
    ...(direct ? { unsafeDirectSockets: [{ host: '127.0.0.1', port }] } : {}),
    ...(onPersist ? { handleStructuredLogs: (log: Log) => hearSteps(log, onPersist) } : {}),
    name: 'shoal',
    modules: workerModules(),
    compatibilityDate: date,
    compatibilityFlags: flags,
    bindings: {
      LOG: 'errors',
      ...secrets,
      ...vars,
      ...(onPersist ? { TRACE_PERSISTENCE: '1' } : {}),
    },
    ratelimits: rateLimits(limits),
    d1Databases: { DB: 'shoal' },
    r2Buckets: { BLOBS: 'shoal' },
    durableObjects: {
      COORDINATOR: { className: 'Coordinator', useSQLite: true },
      SHARD: { className: 'Shard', useSQLite: true },
      FINETUNER: { className: 'Finetuner', useSQLite: true },
      METER: { className: 'Meter', useSQLite: true },
      COUNTERS: { className: 'Counters', useSQLite: true },
    },
    assets: {
      directory: WEB_OUT,
      binding: 'ASSETS',
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  });
  const miniflare = new Miniflare(options);
  const front = await miniflare.ready;
  const url = direct ? await miniflare.unsafeGetDirectURL('shoal') : front;
  if (!folder) await migrate(await miniflare.getD1Database('DB'));
  return {
    origin: url.origin,
    adminToken: secrets.ADMIN_TOKEN,
    setupToken: secrets.SETUP_TOKEN,
    ticketSecret: secrets.TICKET_SECRET,
    pid: () => listenerOf(Number(url.port)),
    stop: () => miniflare.dispose(),
  };
}

/**
 * Before the edge listens: nobody may find half a database. And from a server of its own: Miniflare asks
 * a database with its own thread asleep, and would not read the log of one that answers a crowd at the
 * same time; once that is full, both wait for each other (the crash bench stood still).
 */
async function migrateStored(folder: string): Promise<void> {
  const database = new Miniflare(
    convertV4MiniflareOptions({
      ...{ resourcePersistencePath: join(folder, 'data'), host: '127.0.0.1', port: 0 },
      ...{ modules: true, script: 'export default {};', compatibilityDate: compatibility().date },
      ...{ unsafeLocalExplorer: false, d1Databases: { DB: 'shoal' } },
    }),
  );
  try {
    await migrate(await database.getD1Database('DB'));
  } finally {
    await database.dispose();
  }
}

type Log = { level: string; message: string };

function hearSteps({ message, level }: Log, onPersist: (step: string) => void): void {
  const step = /^persist (.+)$/.exec(message)?.[1];
  if (step) onPersist(step);
  else console.error(level, message);
}

function rateLimits(limits: Record<string, number>) {
  const entries = Object.entries(limits).map(([name, limit]) => {
    return [name, { namespace_id: name, simple: { limit, period: 60 as const } }] as const;
  });
  return Object.fromEntries(entries);
}

type Secrets = { ADMIN_TOKEN: string; TICKET_SECRET: string; SETUP_TOKEN: string };

function newSecrets(): Secrets {
  const secret = () => randomBytes(24).toString('base64url');
  return { ADMIN_TOKEN: secret(), TICKET_SECRET: secret(), SETUP_TOKEN: `setup_${secret()}` };
}

/** The same secrets at every start, so that tickets and tokens outlive a restart. */
function keptSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>) : {};
  // A folder from before one of them was needed gets that one.
  const secrets = { ...newSecrets(), ...kept };
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

function workerModules() {
  const files = readdirSync(WORKER_OUT).filter(
    (file) => file.endsWith('.js') || file.endsWith('.wasm'),
  );
  // The script comes first: the first module is the worker.
  files.sort((a, b) => Number(b === 'index.js') - Number(a === 'index.js'));
  return files.map((path) => ({
    path,
    type: path.endsWith('.wasm') ? ('CompiledWasm' as const) : ('ESModule' as const),
    contents: path.endsWith('.wasm')
      ? readFileSync(join(WORKER_OUT, path))
      : readFileSync(join(WORKER_OUT, path), 'utf8'),
  }));
}

/** wrangler.toml says which runtime the worker is written for; it is not said twice. */
function compatibility(): { date: string; flags: string[] } {
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8');
  const date = /^compatibility_date = "(.+)"$/m.exec(toml)?.[1];
  const flags = /^compatibility_flags = (\[.+\])$/m.exec(toml)?.[1];
  if (!date || !flags) throw new Error('wrangler.toml names no compatibility date or flags');
  return { date, flags: JSON.parse(flags) as string[] };
}

/**
 * The child of this process that listens on a port, by Linux's /proc: Miniflare keeps its workerd
 * to itself, and a process may have several edges. Looked up anew at every call: one that has ended
 * has no number any more.
 */
export function listenerOf(port: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTENING = '0A';
  const sockets = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`);
  const children = readdirSync('/proc').map(Number).filter(isChild);
  return children.find((pid) => openFiles(pid).some((file) => sockets.includes(file)));
}

/** Whatever ends while it is looked at is simply not it. */
function isChild(pid: number): boolean {
  try {
    // The second field is a name in brackets that may hold anything; the parent is the second behind it.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return Number(parent) === process.pid;
  } catch {
    return false;
  }
}

/** A busy server closes files all the time: one that goes meanwhile must not hide the others. */
function openFiles(pid: number): string[] {
  const attempt = <T>(read: () => T[]): T[] => {
    try {
      return read();
    } catch {
      return [];
    }
  };
  const folder = `/proc/${pid}/fd`;
  const names = attempt(() => readdirSync(folder));
  return names.flatMap((name) => attempt(() => [readlinkSync(join(folder, name))]));
}
