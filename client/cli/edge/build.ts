import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const WORKER_OUT = join(ROOT, 'dist/worker');
export const WEB_OUT = join(ROOT, 'dist/web');
export const KERNEL_OUT = join(ROOT, 'dist/kernels/accumulate.wasm');
export const SIMD_OUT = {
  simd: join(ROOT, 'dist/kernels/simd.wasm'),
  relaxed: join(ROOT, 'dist/kernels/relaxed-simd.wasm'),
};

type Target = { name: string; sources: string[]; command: string[]; out: string };

/** AssemblyScript; the asconfig.json says how, and where to: `npm run build` reads it too. */
function kernelTarget(name: string, folder: string, target: string, out: string): Target {
  return {
    ...{ name, out },
    sources: [`shared/kernels/${folder}/assembly/*`, 'package-lock.json'],
    command: [
      'assemblyscript/bin/asc.js',
      '--config',
      join(ROOT, `shared/kernels/${folder}/assembly/asconfig.json`),
      '--target',
      target,
    ],
  };
}

/** What worker, tab and Node load compiled. */
const KERNELS: Target[] = [
  kernelTarget('kernel', 'accumulate', 'release', KERNEL_OUT),
  kernelTarget('simd kernels', 'simd', 'simd', SIMD_OUT.simd),
  kernelTarget('relaxed simd kernels', 'simd', 'relaxed', SIMD_OUT.relaxed),
];

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
    'dist/kernels/*simd.wasm',
    'vite.config.ts',
    'package-lock.json',
  ],
  command: ['vite/bin/vite.js', 'build'],
  out: join(WEB_OUT, 'index.html'),
};

/** What TypeScript knows the library by, beside it. */
const TYPES: Target = {
  name: 'types',
  sources: ['shared/**/*.ts', 'client/**/*.ts', 'client/sdk/tsconfig.json', 'package-lock.json'],
  command: ['typescript/bin/tsc', '--project', join(ROOT, 'client/sdk/tsconfig.json')],
  out: join(ROOT, 'dist/sdk/types/client/sdk/index.d.ts'),
};

/** Builds the kernels, the pages and the worker where their sources have changed since the last time. */
export async function buildAll(say: (line: string) => void): Promise<void> {
  // Pages and worker have kernels in them, and the worker's bundle names the assets' folder: it comes last.
  for (const target of [...KERNELS, WEB, WORKER]) await buildTarget(target, say);
}

/** The kernels alone, seconds where they have changed: all that a benchmark of them needs. */
export async function buildKernels(say: (line: string) => void): Promise<void> {
  for (const target of KERNELS) await buildTarget(target, say);
}

/** The library's types, which only other programs need: the pages' build makes the folder that they lie in. */
export function buildTypes(say: (line: string) => void): Promise<void> {
  return buildTarget(TYPES, say);
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
