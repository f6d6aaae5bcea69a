import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const WORKER_OUT = join(ROOT, 'dist/worker');
export const WEB_OUT = join(ROOT, 'dist/web');
export const KERNEL_OUT = join(ROOT, 'dist/kernels/accumulate.wasm');

type Target = { name: string; sources: string[]; command: string[]; out: string };

/** What the worker imports compiled; asconfig.json says how, and where to: `npm run build` reads it too. */
const KERNEL: Target = {
  name: 'kernel',
  sources: ['shared/kernels/accumulate/assembly/*', 'package-lock.json'],
  command: [
    'assemblyscript/bin/asc.js',
    '--config',
    join(ROOT, 'shared/kernels/accumulate/assembly/asconfig.json'),
  ],
  out: KERNEL_OUT,
};

/** wrangler's own bundle, so that what runs here is what would be deployed. */
const WORKER: Target = {
  name: 'worker',
  sources: [
    'shared/**/*.ts',
    'worker/**/*.ts',
    'dist/kernels/*.wasm',
    'wrangler.toml',
    'package-lock.json',
  ],
  command: ['wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', WORKER_OUT],
  out: join(WORKER_OUT, 'index.js'),
};

const WEB: Target = {
  name: 'pages',
  sources: [
    'shared/**/*.ts',
    'client/**/*.{ts,tsx,css,html,svg}',
    'vite.config.ts',
    'package-lock.json',
  ],
  command: ['vite/bin/vite.js', 'build'],
  out: join(WEB_OUT, 'index.html'),
};

/** Builds the kernel, the pages and the worker where their sources have changed since the last time. */
export async function buildAll(say: (line: string) => void): Promise<void> {
  // The worker's bundle has the kernel in it and names the assets' folder, so it comes last.
  for (const target of [KERNEL, WEB, WORKER]) await buildTarget(target, say);
}

/** The kernel alone, two seconds where it has changed: all that a benchmark of it needs. */
export function buildKernel(say: (line: string) => void): Promise<void> {
  return buildTarget(KERNEL, say);
}

async function buildTarget(
  { name, sources, command, out }: Target,
  say: (line: string) => void,
): Promise<void> {
  const stampFile = join(ROOT, '.shoal/build', `${name}.sha256`);
  const stamp = digestOf(sources);
  if (existsSync(out) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say(`building the ${name}`);
  await run(name, [join(ROOT, 'node_modules', command[0] as string), ...command.slice(1)]);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function digestOf(patterns: string[]): string {
  const hash = createHash('sha256');
  for (const file of globSync(patterns, { cwd: ROOT }).sort())
    hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

/** Runs a tool of node_modules quietly. @throws with its whole output when it fails. */
function run(name: string, args: string[]): Promise<void> {
  const env = {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CI: 'true',
  };
  return new Promise((built, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? built() : reject(new Error(`building the ${name} failed (${code}):\n${output}`)),
    );
  });
}
