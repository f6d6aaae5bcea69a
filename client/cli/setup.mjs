#!/usr/bin/env node
// Set-up: what a fresh clone needs before anything else can run. It is plain JavaScript
// without dependencies because it runs first, on whatever Node (>= 20) the machine has.
//
//   node client/cli/setup.mjs                      install the packages if they changed
//   node client/cli/setup.mjs --chromium           and see to a browser
//   node client/cli/setup.mjs [--chromium] run FILE [ARGS]
//                                                  and then run FILE with the project's Node
//
// `run` exists because `node setup.mjs && node shoal.ts` does not work in a fresh clone: a
// shell remembers where it found `node` the first time, so the second `node` would still be
// the machine's old one, although the project's has been installed in between.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { argv, env, execPath, exit, kill, pid, platform, arch, stderr, stdin } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.shoal-stamp');
const LOCK = join(ROOT, '.shoal', 'setup.lock');
const WINDOWS = platform === 'win32';
const PROJECT_NODE = join(MODULES, 'node', 'bin', WINDOWS ? 'node.exe' : 'node');

/** The first Node that runs .ts files without a flag and that vitest and miniflare accept. */
const NEEDED_NODE = [22, 18];

/** A failure that we can explain: shown without a stack trace, with what to do about it. */
class SetupError extends Error {
  constructor(what, remedies) {
    super([what, ...remedies.map((remedy) => `  - ${remedy}`)].join('\n'));
    this.name = 'SetupError';
  }
}

/** Progress goes to stderr: stdout belongs to the command that runs afterwards. */
function say(line) {
  stderr.write(`setup: ${line}\n`);
}

// --- packages ---

/** Installs the packages unless those in node_modules are the ones that the lock file names. */
export async function ensurePackages() {
  const wanted = fingerprint();
  const ready = () =>
    readText(STAMP) === wanted && (existsSync(PROJECT_NODE) || isEnough(execPath));
  if (ready()) return;
  await withLock(async () => {
    if (ready()) return; // another process did it while we waited
    if (!npmInstalledTheLockFile()) await installPackages();
    await ensurePrograms();
    writeFileSync(STAMP, wanted);
  });
}

/**
 * What an installation depends on. Of package.json only the fields that npm reads: a new
 * script is no reason to install again. The platform is in it for folders that are shared
 * with a container or copied to another machine.
 */
function fingerprint() {
  const { dependencies, devDependencies, optionalDependencies, overrides, allowScripts } = readJson(
    join(ROOT, 'package.json'),
  );
  return createHash('sha256')
    .update(
      JSON.stringify([
        dependencies,
        devDependencies,
        optionalDependencies,
        overrides,
        allowScripts,
      ]),
    )
    .update(readText(join(ROOT, 'package-lock.json')) ?? '')
    .update(`${platform}-${arch}`)
    .digest('hex');
}

/** Whether a plain `npm ci` of somebody's own did the work already, by npm's own record. */
function npmInstalledTheLockFile() {
  const installed = readJson(join(MODULES, '.package-lock.json'))?.packages;
  const locked = readJson(join(ROOT, 'package-lock.json'))?.packages;
  if (!installed || !locked) return false;
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '') return true;
    if (entry.optional && !isMadeForThisMachine(entry)) return true;
    return installed[path]?.version === entry.version && existsSync(join(ROOT, path));
  });
}

/**
 * Of the optional packages, those that name this machine's system and processor. Where the C
 * library decides as well, or nothing is said, npm's own choice is not questioned.
 */
function isMadeForThisMachine({ os, cpu, libc }) {
  return !libc && os?.includes(platform) && cpu?.includes(arch);
}

async function installPackages() {
  say('installing packages (some 900 MB on disk; half a minute or more) ...');
  const started = Date.now();
  // Windows cannot delete a running program, and `npm ci` begins by deleting node_modules.
  const inUse = WINDOWS && execPath.startsWith(MODULES);
  let result = inUse ? undefined : await npm('ci', '--include=dev');
  if (!result || (result.code !== 0 && result.output.includes('EUSAGE'))) {
    if (result) {
      say("`npm ci` refuses the lock file (another platform's); using `npm install --no-save`");
    }
    result = await npm('install', '--no-save', '--include=dev');
    const missing = result.code === 0 ? missingBindings() : [];
    if (missing.length > 0) {
      result = await npm('install', '--no-save', '--include=dev', ...missing);
    }
  }
  if (result.code !== 0) {
    throw new SetupError(`npm could not install the packages:\n${lastLines(result.output, 25)}`, [
      'no network or a proxy: `npm ping` must work; see `npm config get registry`',
      'a full disk or a broken cache: `npm cache verify`',
      'then run the same command again',
    ]);
  }
  say(`packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/**
 * Packages with native code (`@oxlint/binding-darwin-arm64`) that npm left out: it takes an
 * optional package that the lock file does not mention for one that is not wanted.
 */
function missingBindings() {
  const target = `${platform}-${arch}`;
  const musl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const fits = (name) => name.includes(target) && name.includes('musl') === musl;
  const { packages } = readJson(join(MODULES, '.package-lock.json'));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const made = Object.entries(optionalDependencies).filter(([name]) => fits(name));
    const there = ([name]) =>
      existsSync(join(MODULES, name)) || existsSync(join(ROOT, path, 'node_modules', name));
    return made.some(there) ? [] : made.map(([name, version]) => `${name}@${version}`);
  });
}

/**
 * The programs that come out of an install script, which npm may have been told not to run
 * (`ignore-scripts`); package.json allows these three by name in `allowScripts`. Those of workerd
 * and esbuild merely replace a slow shim, but the package `node` is empty without its script.
 */
async function ensurePrograms() {
  const programs = [
    ['node', PROJECT_NODE],
    ['workerd', join(MODULES, 'workerd', 'bin', 'workerd')],
    ['esbuild', join(MODULES, 'esbuild', 'bin', 'esbuild')],
  ];
  // Without its script, workerd's and esbuild's program is a JavaScript shim.
  const works = ([, file]) => runs(file) ?? runs(execPath, file);
  const broken = programs.filter((program) => !works(program)).map(([name]) => name);
  if (broken.length > 0) {
    say(`running the install script of ${broken.join(', ')} ...`);
    const result = await npm('rebuild', ...broken, '--ignore-scripts=false');
    const still = programs.filter((program) => !works(program)).map(([name]) => name);
    // A Node that is new enough itself (Alpine, say, for which there is no `node` package) will do.
    if (still.some((name) => name !== 'node' || !isEnough(execPath))) {
      throw new SetupError(
        `installed, but not runnable here: ${still.join(', ')}\n${lastLines(result.output, 15)}`,
        [
          `node: have Node ${NEEDED_NODE.join('.')} or later first on the PATH (https://nodejs.org)`,
          'workerd: needs Linux with glibc 2.35 or later, macOS 13.5 or later, or Windows',
          'delete node_modules and run the same command again',
        ],
      );
    }
  }
}

/** Runs npm quietly; its output is wanted only when it fails. */
async function npm(...args) {
  // Under `npm run` these two name the npm and the Node that the user called; npm must not be
  // run by the Node that it is about to replace.
  const script = env.npm_execpath?.endsWith('npm-cli.js') ? env.npm_execpath : undefined;
  const all = [...args, '--no-audit', '--no-fund', '--no-progress'];
  const child = script
    ? spawn(env.npm_node_execpath ?? execPath, [script, ...all], quiet())
    : spawn('npm', all, { ...quiet(), shell: WINDOWS });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((done) => {
    child.on('close', done);
    child.on('error', (error) => {
      output += `cannot start npm: ${error.message}`;
      done(1);
    });
  });
  return { code, output };
}

function quiet() {
  return { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] };
}

/**
 * One installation at a time: `npm test` in a second terminal waits for the first. The lock
 * lies outside node_modules, which `npm ci` deletes.
 */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(LOCK, String(pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readText(LOCK));
    if (holder ? !isAlive(holder) : isOlderThan(LOCK, 5000)) {
      rmSync(LOCK, { force: true }); // left behind by a process that was killed
      continue;
    }
    if (!told) say(`process ${holder} is installing already; waiting for it`);
    told = true;
    await new Promise((done) => setTimeout(done, 500));
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

// --- Node ---

/** The Node to run the project's TypeScript with. */
export function findNode() {
  const node = [PROJECT_NODE, execPath].find((file) => existsSync(file) && isEnough(file));
  if (node) return node;
  throw new SetupError(`no Node ${NEEDED_NODE.join('.')} or later found`, [
    'delete node_modules and run `node client/cli/setup.mjs` again',
    'or install a newer Node from https://nodejs.org',
  ]);
}

function isEnough(node) {
  const version = node === execPath ? process.version : runs(node);
  const [major = 0, minor = 0] = (version || '').replace(/^v/, '').split('.').map(Number);
  // 23.0 to 23.5 had type stripping behind a flag still.
  if (major === 23) return minor >= 6;
  return major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1]);
}

/**
 * Runs a script of the project in the right Node, as if it had been called directly: same
 * terminal, same working directory, same exit code. Does not return.
 */
export function runScript(file, args) {
  const node = findNode();
  const path = [dirname(node), env.PATH].join(delimiter);
  const child = spawn(node, [resolve(ROOT, file), ...args], {
    stdio: 'inherit',
    env: { ...env, PATH: path },
  });
  // Ctrl-C reaches the child by way of the terminal: passing it on as well would look like a
  // second, impatient Ctrl-C. Without a terminal nobody else tells the child.
  const terminal = stdin.isTTY || stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(new SetupError(`cannot start ${node}: ${error.message}`, [])));
  child.on('exit', (code, signal) => exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

// --- Chromium ---

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where browsers lie that are not on the PATH. */
const CHROMIUM_PLACES = {
  linux: ['/snap/bin/chromium', '/opt/google/chrome/chrome', '/usr/lib/chromium/chromium'],
  darwin: ['/Applications', join(env.HOME ?? '', 'Applications')].flatMap((folder) => [
    `${folder}/Google Chrome.app/Contents/MacOS/Google Chrome`,
    `${folder}/Chromium.app/Contents/MacOS/Chromium`,
  ]),
  win32: [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].flatMap((folder) =>
    folder
      ? [
          join(folder, 'Google/Chrome/Application/chrome.exe'),
          join(folder, 'Chromium/Application/chrome.exe'),
        ]
      : [],
  ),
};

/**
 * The path of an installed Chromium or Chrome, or undefined. A wrong CHROMIUM_PATH is an
 * error rather than a reason to take another browser than the one asked for.
 */
export async function findChromium() {
  if (env.CHROMIUM_PATH) {
    if (existsSync(env.CHROMIUM_PATH)) return env.CHROMIUM_PATH;
    throw new SetupError(`CHROMIUM_PATH names no file: ${env.CHROMIUM_PATH}`, [
      'correct it, or unset it to have a browser looked for',
    ]);
  }
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const named = folders.flatMap((folder) => CHROMIUM_NAMES.map((name) => join(folder, name)));
  const places = [...(WINDOWS ? [] : named), ...(CHROMIUM_PLACES[platform] ?? [])];
  return places.find((file) => existsSync(file)) ?? (await playwrightsChromium());
}

/** The one that `playwright-core install` downloaded earlier, if it did. */
async function playwrightsChromium() {
  try {
    const { chromium } = await import('playwright-core');
    const file = chromium.executablePath();
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined; // packages not installed yet
  }
}

/** Finds a Chromium, or installs one; returns its path. */
export async function ensureChromium() {
  const found = await findChromium();
  if (found) return found;
  const root = process.getuid?.() === 0;
  let output = '';
  // Ubuntu's package of that name is only a pointer to a snap, which containers cannot run.
  if (root && /^ID=debian$/m.test(readText('/etc/os-release') ?? '')) {
    say('no Chromium found: `apt-get update && apt-get install -y chromium` (some 300 MB) ...');
    const install = 'apt-get update && apt-get install -y --no-install-recommends chromium';
    output = await shell(install, { DEBIAN_FRONTEND: 'noninteractive' });
  } else {
    await ensurePackages();
    say(
      "no Chromium found: downloading Playwright's with `npx playwright-core install chromium` ...",
    );
    const cli = join(MODULES, 'playwright-core', 'cli.js');
    const system = root && platform === 'linux' ? ' --with-deps' : '';
    output = await shell(`"${findNode()}" "${cli}" install${system} chromium`);
  }
  const installed = await findChromium();
  if (installed) return installed;
  throw new SetupError(`no Chromium could be installed:\n${lastLines(output, 15)}`, [
    'name one that you have: CHROMIUM_PATH=/path/to/chrome',
    'Debian: `apt-get install chromium`; Fedora: `dnf install chromium`; Mac: `brew install --cask chromium`',
    'or install Google Chrome from https://www.google.com/chrome',
  ]);
}

async function shell(command, extraEnv = {}) {
  const child = spawn(command, { ...quiet(), shell: true, env: { ...env, ...extraEnv } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  await new Promise((done) => child.on('close', done).on('error', done));
  return output;
}

// --- small things ---

/** The first line that `file ... --version` prints, or undefined where it does not run. */
function runs(file, ...args) {
  const result = spawnSync(file, [...args, '--version'], { encoding: 'utf8', timeout: 30_000 });
  return result.status === 0 ? result.stdout.split('\n')[0] : undefined;
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(file) {
  const text = readText(file);
  return text === undefined ? undefined : JSON.parse(text);
}

function isAlive(process) {
  try {
    return kill(process, 0);
  } catch (error) {
    return error.code === 'EPERM'; // alive, but somebody else's
  }
}

function isOlderThan(file, milliseconds) {
  try {
    return Date.now() - statSync(file).mtimeMs > milliseconds;
  } catch {
    return false;
  }
}

function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n');
}

function fail(error) {
  stderr.write(`setup: ${error instanceof SetupError ? error.message : error.stack}\n`);
  exit(1);
}

/** Packages, and then a script of the project: what `npm run demo` and `npx shoal` do. */
export async function setUpAndRun(file, args, { chromium = false } = {}) {
  try {
    await ensurePackages();
    if (chromium) await ensureChromium();
    if (file) runScript(file, args);
  } catch (error) {
    fail(error);
  }
}

if (argv[1] && pathToFileURL(argv[1]).href === import.meta.url) {
  const words = argv.slice(2);
  const chromium = words[0] === '--chromium';
  if (chromium) words.shift();
  const [command, file, ...args] = words;
  if (command !== undefined && (command !== 'run' || file === undefined)) {
    fail(
      new SetupError(`unknown argument: ${command}`, [
        'usage: node client/cli/setup.mjs [--chromium] [run FILE [ARGS]]',
      ]),
    );
  }
  await setUpAndRun(file, args, { chromium });
}
