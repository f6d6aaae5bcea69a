// Does a fresh clone work? Clones HEAD into an empty folder elsewhere and runs there what the
// README tells a newcomer to run. Plain JavaScript: it starts before anything is installed.
//
//   node tests/kit/fresh.mjs [--demo-only | --test-only]

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { argv, env, exit, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The README's two commands; keep them equal. */
const COMMANDS = [
  { option: '--demo-only', words: ['npm', 'run', 'demo', '--', '--json', 'demo.json'] },
  { option: '--test-only', words: ['npm', 'test'] },
];

const options = argv.slice(2);
const unknown = options.find((option) => COMMANDS.every((command) => command.option !== option));
if (unknown || options.length > 1) {
  console.error('usage: node tests/kit/fresh.mjs [--demo-only | --test-only]');
  exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'shoal-fresh-'));
const clone = join(folder, 'shoal');
git(ROOT, 'clone', '--quiet', '--no-hardlinks', ROOT, clone);
console.log(`fresh: ${git(clone, 'log', '-1', '--format=%h %s')} in ${clone}`);

const failures = [];
const times = [];
for (const { option, words } of COMMANDS) {
  if (options.length > 0 && options[0] !== option) continue;
  const line = words.join(' ');
  console.log(`\nfresh: $ ${line}`);
  const started = Date.now();
  const { status, signal } = spawnSync(words[0], words.slice(1), {
    cwd: clone,
    env: newcomersEnv(),
    stdio: 'inherit',
    shell: platform === 'win32',
  });
  times.push(`fresh: ${((Date.now() - started) / 1000).toFixed(1)} s  ${line}`);
  if (status !== 0) failures.push(`\`${line}\` ended with ${signal ?? `exit code ${status}`}`);
}

// demo.json is what the first command was asked to write.
const changed = git(clone, 'status', '--porcelain')
  .split('\n')
  .filter((line) => line && line !== '?? demo.json');
if (changed.length > 0) failures.push(`the clone is no longer clean:\n${changed.join('\n')}`);

console.log(`\n${times.join('\n')}`);
if (failures.length > 0) {
  for (const failure of failures) console.error(`fresh: FAILED: ${failure}`);
  console.error(`fresh: the clone is kept in ${clone}`);
  exit(1);
}
rmSync(folder, { recursive: true, force: true });
console.log('fresh: ok');

function git(cwd, ...args) {
  return execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();
}

/**
 * This process's environment without what `npm run test:fresh` put into it: with the project's
 * own node_modules/.bin on the PATH the clone would find a new Node that a newcomer lacks.
 */
function newcomersEnv() {
  const path = (env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !/[\\/]node_modules[\\/]/.test(entry) || !entry.startsWith(ROOT));
  const kept = Object.entries(env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE$)/i.test(name));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}
