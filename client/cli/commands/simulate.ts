import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { parse } from 'valibot';
import { PlanSchema, type PlanInput } from '../../../shared/api/plan.ts';
import { recipeOf, type Recipe } from '../../../shared/api/recipe.ts';
import { Random } from '../../../shared/math/random.ts';
import { OBJECTIVES, type ObjectiveId } from '../../../shared/objectives/index.ts';
import { accuracyOf } from '../../../shared/train/evaluate.ts';
import { packSafetensors } from '../../../shared/weights/safetensors.ts';
import { simulate as federate } from '../../sim/federation.ts';
import { csvOf, lineOf, type SimulatedRound } from '../../sim/log.ts';
import { partitionOf } from '../../sim/partition.ts';
import { reportPage } from '../../sim/report.ts';
import { folderTask, handwritingTask, pick, type Task } from '../../sim/task.ts';
import { startBackend } from '../../tf.ts';
import { buildKernels } from '../edge/build.ts';
import { percent, table, whole } from '../asking.ts';
import { Misused, type Command } from '../command.ts';

const OPTIONS = {
  data: { type: 'string' },
  labels: { type: 'string', default: '10' },
  volunteers: { type: 'string', default: '100' },
  partition: { type: 'string', default: 'iid' },
  asked: { type: 'string', default: '10' },
  objective: { type: 'string' },
  settings: { type: 'string' },
  async: { type: 'boolean', default: false },
  plan: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  test: { type: 'boolean', default: false },
  log: { type: 'string' },
  report: { type: 'string' },
  save: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The learning of a project before there is one: the same code as the edge's and the tabs', in one process. */
export const simulate: Command = {
  usage: [
    'shoal simulate [--volunteers 100] [--partition iid|writers|classes:2|dirichlet:0.3]',
    '      [--asked 10] [--rounds N] [--async] [--objective ID [--settings JSON]] [--plan FILE.json]',
    '      [--seed 1] [--data FOLDER [--labels 10]] [--test] [--log FILE.csv|FILE.json]',
    '      [--report FILE.html] [--save FILE.safetensors] [--json]',
    '',
    '  --asked      volunteers of a round, drawn anew for each',
    '  --async      rounds take deltas from the last versions too, each as late as chance has it',
    '  --settings   of the objective, as docs/algorithms lists them: {"threshold": 0.9}',
    '  --plan       settings as a project has them, over those of the sample project',
    '  --data       IDX files named as MNIST has them, or a folder of pictures a class, of which so many',
    '               labels a class are the server’s; left out: the handwriting that comes with this',
    '  --test       also say, once and at the end, how the test images are recognised',
    '  --report     one page with curves, to be opened in a browser',
    '  --save       what was learnt, as a project can import it',
  ].join('\n'),
  summary: 'Simulate a crowd on this machine: what would so many volunteers learn?',
  example: 'npx shoal simulate --volunteers 40 --partition writers --rounds 5 --log rounds.csv',
  async run(args) {
    const { values } = parseArgs({ args, options: OPTIONS });
    const seed = whole(values.seed, '--seed');
    const [count, asked] = [values.volunteers, values.asked].map((text) => whole(text, 'a number'));
    const given = settingsOf(values);
    const labels = whole(values.labels, '--labels');
    const task = await taskOf(values.data, { seed, labels }, given);
    const recipe = recipeOf(planOf(task, given, { seed, late: values.async }), task.classes);
    const rounds = values.rounds ? whole(values.rounds, '--rounds') : recipe.plan.rounds;
    const crowd = crowdOf(task, values.partition, count!, seed);
    const { log, test, weights } = await run(
      { task, recipe, rounds, asked: asked!, crowd },
      values.test,
    );
    const { length: volunteers } = crowd.volunteers;
    const about = { seed, partition: values.partition, volunteers, asked: asked! };
    if (values.log) writeFileSync(values.log, logged(values.log, log));
    if (values.report) writeFileSync(values.report, page(about, recipe, { log, test }));
    if (values.save) writeFileSync(values.save, packSafetensors(recipe.model.layout, weights, {}));
    const report = { ...about, plan: recipe.plan, rounds: log, test };
    console.log(values.json ? JSON.stringify(report) : words(log, recipe, test));
  },
};

type Simulation = {
  task: Task;
  recipe: Recipe;
  rounds: number;
  asked: number;
  crowd: ReturnType<typeof crowdOf>;
};
type Outcome = { log: SimulatedRound[]; test: number | null; weights: Float32Array };

async function run(
  { task, recipe, rounds, asked, crowd }: Simulation,
  tested: boolean,
): Promise<Outcome> {
  await buildKernels((line) => console.error(line));
  const { tf } = await startBackend(['wasm']);
  const log: SimulatedRound[] = [];
  const bar = progress(rounds, Math.min(asked, crowd.volunteers.length));
  let since = performance.now();
  const weights = await federate({
    ...{ tf, recipe, seed: task.labelled, ...crowd, rounds, asked },
    onVolunteer: (round, done) => bar.volunteer(round, done),
    async onRound(round, now, sent) {
      const seconds = (performance.now() - since) / 1000;
      const accuracy = await accuracyOf(tf, recipe.model, now, task.validation);
      log.push(lineOf(round, sent, { accuracy, seconds }));
      bar.round(round, accuracy);
      since = performance.now();
    },
  });
  bar.stop();
  const test = tested ? await accuracyOf(tf, recipe.model, weights, task.test) : null;
  return { log, test, weights };
}

type Given = { plan?: string; objective?: string; settings?: string };

/** @throws Misused where a file, an id or the settings are none */
function settingsOf({ plan: file, objective, settings }: Given): PlanInput {
  if (objective !== undefined && !Object.hasOwn(OBJECTIVES, objective))
    throw new Misused(`--objective is one of ${Object.keys(OBJECTIVES).join(', ')}`);
  if (settings !== undefined && objective === undefined)
    throw new Misused('--settings are those of an --objective');
  const plan: PlanInput =
    file === undefined ? {} : read('--plan', () => readFileSync(file, 'utf8'));
  if (objective === undefined) return plan;
  const chosen: Record<string, unknown> = settings ? read('--settings', () => settings) : {};
  return { ...plan, objective: { id: objective as ObjectiveId, settings: chosen } };
}

function read<T>(option: string, text: () => string): T {
  try {
    return JSON.parse(text()) as T;
  } catch (error) {
    throw new Misused(`${option}: ${(error as Error).message}`, { cause: error });
  }
}

function planOf(task: Task, given: PlanInput, { seed, late }: { seed: number; late: boolean }) {
  const plan = { ...task.plan, ...given, seed };
  return parse(PlanSchema, late ? { ...plan, round: { ...plan.round, mode: 'async' } } : plan);
}

async function taskOf(
  folder: string | undefined,
  { seed, labels }: { seed: number; labels: number },
  { input = { size: 28, channels: 1 } }: PlanInput,
): Promise<Task> {
  return folder ? folderTask(folder, { input, seed, labels }) : handwritingTask(seed);
}

/** Unlabelled, each with its own, and the truth beside; who got nothing does not come. */
function crowdOf({ crowd }: Task, partition: string, count: number, seed: number) {
  const deal = partitionOf(partition);
  const lists = deal(crowd, count, new Random(seed).fork('partition'));
  const parts = lists.filter((rows) => rows.length > 0).map((rows) => pick(crowd, rows));
  return {
    volunteers: parts.map(({ images, count: mine }) => ({ images, count: mine })),
    truth: parts.map(({ labels }) => labels),
  };
}

function progress(rounds: number, asked: number) {
  const bar = new SingleBar({
    ...{
      format: '{bar} {percentage}% | round {round}, validation {accuracy}, {eta_formatted} left',
    },
    ...{ hideCursor: true, noTTYOutput: true, notTTYSchedule: 10_000, stream: process.stderr },
  });
  const shown = { round: 0, accuracy: '' };
  bar.start(rounds * asked, 0, shown);
  return {
    volunteer: (round: number, done: number) =>
      bar.update((round - 1) * asked + done, { ...shown, round }),
    round(round: number, accuracy: number) {
      shown.accuracy = percent(accuracy);
      bar.update(round * asked, { ...shown, round });
    },
    stop: () => bar.stop(),
  };
}

function logged(file: string, log: readonly SimulatedRound[]): string {
  return file.endsWith('.csv') ? csvOf(log) : `${JSON.stringify(log, null, 2)}\n`;
}

function page(
  about: object,
  { plan, model }: Recipe,
  { log, test }: Omit<Outcome, 'weights'>,
): string {
  const facts = {
    objective: OBJECTIVES[plan.objective.id].title,
    ...about,
    ...{ net: `${plan.net}, ${model.layout.size} parameters`, rounds: plan.round.mode },
    ...(test !== null && { 'test images': percent(test) }),
  };
  return reportPage('A simulated crowd', facts, log);
}

function words(log: readonly SimulatedRound[], { model }: Recipe, test: number | null): string {
  const share = (value: number | null) => (value === null ? '' : percent(value));
  const rows = log.map((line) => [
    ...[line.round, percent(line.accuracy), share(line.precision), share(line.coverage)],
    ...[line.deltas, line.images, line.bytes, line.seconds.toFixed(1)],
  ]);
  const head = ['round', 'validation', 'right', 'learnt', 'deltas', 'images', 'bytes', 'seconds'];
  const last = test === null ? '' : `\n\ntest images: ${percent(test)}`;
  return `${table([head, ...rows], '')}\n\n${model.layout.size} parameters${last}`;
}
