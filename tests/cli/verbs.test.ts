/** The verbs that ask an edge, against a real one. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, drawings } from '../kit/shapes.ts';
import { json, shoal } from './command-line.ts';

/** A dozen processes, one after another, on a machine that has other tests to run. */
vi.setConfig({ testTimeout: 180_000 });

const edge = useEdge();
const folder = mkdtempSync(join(tmpdir(), 'shoal-cli-'));
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  await liveToyProject(edge.current, 'cli', { server: { warmupSteps: 60, steps: 5, batch: 8 } });
  for (const shape of ['disc', 'ring'] as const)
    for (const [i, drawing] of drawings(shape, 5, 7).entries())
      writeFileSync(file(`${shape}-${i}.png`), await asFile(drawing, 'png'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const anyone = () => ({ SHOAL_ORIGIN: edge.current.origin, SHOAL_PROJECT: 'cli', SHOAL_KEY: '' });
const admin = () => ({ ...anyone(), SHOAL_KEY: edge.current.adminToken });
const rings = [1, 2, 3, 4].map((i) => file(`ring-${i}.png`));

type Answer = { file: string; label: string; classes: { name: string }[]; revision: number };

test('classify: files in their order, by options or by the environment', async () => {
  const files = [file('disc-0.png'), file('disc-1.png')];
  const place = ['--origin', edge.current.origin, '--project', 'cli'];
  const answers = await json<Answer[]>(['classify', ...files, '--top', '2', ...place]);
  expect(answers.map(({ file: name, label }) => [name, label])).toEqual(
    files.map((name) => [name, 'disc']),
  );
  expect(answers[0]!.classes).toHaveLength(2);
  const { stdout } = await shoal(['classify', files[0]!], anyone());
  expect(stdout).toMatch(/disc-0\.png {2}disc {2}disc \d+\.\d %, \w+ \d+\.\d %/);
});

test('classes: a life from the first example to the undoing of its end', async () => {
  const names = async () => {
    const list = await json<{ name: string; kind: string }[]>(['classes', 'list'], anyone());
    return list.filter(({ kind }) => kind === 'novel').map(({ name }) => name);
  };
  const act = (...args: string[]) =>
    json<{ revision: number; examples: number }>(['classes', ...args], admin());
  const added = await act('add', 'ring', ...rings);
  expect(added.examples).toBe(4);
  const [answer] = await json<Answer[]>(['classify', file('ring-0.png')], admin());
  expect(answer).toMatchObject({ label: 'ring', revision: added.revision });

  const more = await act('examples', 'ring', file('ring-0.png'));
  expect(more).toMatchObject({ examples: 5, revision: added.revision + 1 });
  const ids = await json<{ id: string }[]>(['classes', 'examples', 'ring'], admin());
  expect(ids).toHaveLength(5);
  expect(await act('remove', 'ring', ids[4]!.id)).toMatchObject({ examples: 4 });

  await act('rename', 'ring', 'hoop');
  await act('add', 'band', ...rings.slice(0, 2));
  expect(await act('merge', 'hoop', 'band')).toMatchObject({ examples: 6 });
  expect(await names()).toEqual(['hoop']);
  await act('remove', 'hoop');
  expect(await names()).toEqual([]);
  const { stdout } = await shoal(['classes', 'undo'], admin());
  expect(stdout).toMatch(/^taken back: remove-class "hoop" \(revision \d+\)\n$/);
  expect(await names()).toEqual(['hoop']);
});

test('keys: created once, listed by prefix, revoked', async () => {
  const make = ['keys', 'create', 'the shop', '--verbs', 'classify', '--days', '1', '--quota', '9'];
  const made = await json<{ key: string; prefix: string }>(make, admin());
  expect(made).toMatchObject({ role: 'app', project: 'cli', verbs: ['classify'], dailyQuota: 9 });
  const inADay = (made as unknown as { expiresAt: number }).expiresAt - Date.now();
  expect(Math.abs(inADay - 86_400_000)).toBeLessThan(60_000);
  const { stdout } = await shoal(['keys', 'list'], admin());
  expect(stdout).toContain(`${made.prefix}  the shop  app  cli  classify  expires`);
  expect(stdout).not.toContain(made.key);
  const gone = await json<{ revokedAt: number }>(['keys', 'revoke', made.prefix], admin());
  expect(gone.revokedAt).toBeGreaterThan(0);
});

test('projects: what there is', async () => {
  const list = await json<{ id: string }[]>(['projects', 'list'], anyone());
  expect(list.map(({ id }) => id)).toEqual(['cli']);
  const shown = await json<{ training: { phase: string } }>(['projects', 'show', 'cli'], anyone());
  expect(shown.training.phase).toBe('idle');
});

test('models: shown, compared, exported, brought back, and tried beside the live one', async () => {
  type Version = { number: number; state: string; weights: string };
  const models = (...args: string[]) => json<never>(['models', ...args], admin());
  const [first] = await json<Version[]>(['models', 'list'], anyone());
  expect(first).toMatchObject({ number: 1, state: 'live' });
  const bare = file('student.safetensors');
  expect(await models('export', '1', bare)).toEqual({ file: bare, bytes: statSync(bare).size });
  const imported = await models('import', bare, '--weights', first!.weights);
  expect(imported).toMatchObject({ state: 'done', version: 2 });
  expect(await models('show', '2')).toMatchObject({ origin: 'import', weights: first!.weights });
  const compared = await models('compare', '1', '2');
  expect(compared).toMatchObject({ agreement: 1, counts: { first: 0, second: 0 } });
  await models('canary', '2', '0.5');
  expect(await models('canary')).toMatchObject({ version: 2, share: 0.5 });
  expect(await models('canary', 'end')).toMatchObject({ version: 2 });
  expect(await models('canary')).toBeNull();
  await models('promote', '2');
  const { stdout } = await shoal(['models', 'list'], anyone());
  expect(stdout).toMatch(/^2 {2}live +import .*\n1 {2}retired +round 0 /);
});

test('a refusal is one line with its number and the remedy, and exit code 1', async () => {
  const { code, stdout, stderr } = await shoal(['classes', 'remove', 'disc'], admin());
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^shoal classes: 604 That class belongs to the model: .+ can be changed\.\n$/,
  );
  const denied = await shoal(['classes', 'undo'], anyone());
  expect(denied.stderr).toMatch(/^shoal classes: 201 .+\n$/);
});

test('simulate: as many rounds as asked for, logged as a table too; evaluate: what came of it', async () => {
  const log = file('rounds.csv');
  const plan = file('plan.json');
  const page = file('rounds.html');
  const saved = file('student.safetensors');
  const few = { local: { steps: 2, batch: 8 }, server: { warmupSteps: 5, steps: 2, batch: 8 } };
  writeFileSync(plan, JSON.stringify(few));
  const args = ['simulate', '--volunteers', '8', '--partition', 'writers', '--asked', '2'];
  const more = [
    '--rounds',
    '2',
    '--plan',
    plan,
    '--log',
    log,
    '--test',
    '--report',
    page,
    '--save',
    saved,
  ];
  type Line = { round: number; accuracy: number; deltas: number };
  type Report = { rounds: Line[]; test: number; volunteers: number };
  const report = await json<Report>([...args, ...more]);
  expect(report.volunteers).toBe(8);
  expect(report.rounds.map(({ round, deltas }) => [round, deltas])).toEqual([
    [0, 0],
    [1, 2],
    [2, 2],
  ]);
  expect(report.test).toBeGreaterThan(0);
  expect(report.test).toBeLessThan(1);
  const [head, ...lines] = readFileSync(log, 'utf8').trim().split('\n');
  expect(head).toBe('round,accuracy,coverage,precision,deltas,images,bytes,seconds');
  expect(lines.map((line) => Number(line.split(',')[1]))).toEqual(
    report.rounds.map(({ accuracy }) => accuracy),
  );
  expect(readFileSync(page, 'utf8').match(/<svg/g)).toHaveLength(3);

  // What was saved is the very model that was tested.
  const judged = await json<{ accuracy: number; linearProbe: number }>([
    'evaluate',
    '--model',
    saved,
    '--plan',
    plan,
    '--report',
    page,
  ]);
  expect(judged.accuracy).toBeCloseTo(report.test, 6);
  expect(judged.linearProbe).toBeGreaterThan(report.test);
  expect(readFileSync(page, 'utf8').match(/<svg/g)).toHaveLength(1);
});
