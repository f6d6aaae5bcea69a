// The rules about the tree that the linter cannot express. Which folder may import which is in
// .oxlintrc.json, and lint-rules.test.ts sees to it that those rules fire.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const MAX_LINES = 450;
const JUNK_DRAWERS = ['utils', 'util', 'helpers', 'common', 'misc', 'types', 'constants'];

/** What git tracks or would track: neither build output nor data that a demo left behind. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));

const SOURCES = FILES.filter((file) => /\.(ts|tsx|mjs|js|css)$/.test(file));
const DOCUMENTS = FILES.filter((file) => /^(README\.md|CONTRIBUTING\.md|docs\/.*\.md)$/.test(file));

test('no folder and no source file is a junk drawer', () => {
  const names = [...SOURCES, ...SOURCES.flatMap(foldersOf)];
  const drawers = new Set(
    names.filter((name) => JUNK_DRAWERS.includes(basename(name).replace(/\..*$/, ''))),
  );
  expectNone([...drawers], 'move each function to the folder of the noun that it is about');
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = SOURCES.map((file) => ({ file, lines: readLines(file).length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ file, lines }) => `${file}: ${lines} lines`);
  expectNone(long, 'split each along a noun; "part 2" is not one');
});

test('every path that the documents name exists', () => {
  const dead = DOCUMENTS.flatMap((document) =>
    readLines(document).flatMap((line, index) =>
      pathsIn(line)
        .filter((path) => !exists(path, document))
        .map((path) => `${document}:${index + 1}: ${path}`),
    ),
  );
  expectNone(dead, 'correct the document, or put the file where it says');
});

test('a test mirrors a folder of the tree, or is of a kind that the tests know', () => {
  const kinds = ['bench', 'conformance', 'e2e', 'kit', 'oracles', 'structure'];
  const mirrored = ['shared', 'worker', 'client'].flatMap((layer) => [
    layer,
    ...folders(layer).map((folder) => basename(folder)),
  ]);
  const strange = folders('tests')
    .map((folder) => basename(folder))
    .filter((folder) => !kinds.includes(folder) && !mirrored.includes(folder));
  expectNone(strange, 'name the folder as the one whose files it tests');
});

/** As text, because vitest shortens a list: whoever breaks a rule wants to see every place. */
function expectNone(found: string[], remedy: string): void {
  expect(found.join('\n'), remedy).toBe('');
}

/** The folders directly below one that hold a file of the project. */
function folders(parent: string): string[] {
  return [...new Set(FILES.flatMap(foldersOf))].filter((folder) => dirname(folder) === parent);
}

function foldersOf(file: string): string[] {
  const parent = dirname(file);
  return parent === '.' ? [] : [parent, ...foldersOf(parent)];
}

/**
 * The repository paths in backticks: `worker/env.ts`, `tests/oracles`, `package.json:12`.
 * Commands, globs, placeholders (`<id>`, `NAME`) and what is built or downloaded are not paths.
 */
function pathsIn(line: string): string[] {
  const top = new Set(FILES.map((file) => file.split('/')[0]));
  return [...line.matchAll(/`([^`\s]+)`/g)]
    .map((match) => match[1]!.replace(/[:#].*$/, '').replace(/\/$/, ''))
    .filter((path) => /^[\w.@/-]+$/.test(path) && !path.includes('...'))
    .filter(
      (path) => top.has(path.split('/')[0]!) || /^[\w-]+(\/[\w.-]+)+\.(ts|tsx|md)$/.test(path),
    )
    .filter((path) => path.includes('/') || /\.\w+$/.test(path));
}

/** From the top, from the document's own folder, or without the layer: `rounds/round.ts`. */
function exists(path: string, document: string): boolean {
  const starts = ['.', dirname(document), ...LAYERS];
  return starts.some((start) => existsSync(join(ROOT, start, path)));
}

const LAYERS = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && /^(shared|worker|client|tests)$/.test(entry.name))
  .map((entry) => entry.name);

function readLines(file: string): string[] {
  return readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n');
}
