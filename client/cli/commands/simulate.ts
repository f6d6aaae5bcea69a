import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { parse } from 'valibot';
import { PlanSchema, recipeOf, type PlanInput, type Recipe } from '../../../shared/api/plan.ts';
import { Random } from '../../../shared/math/random.ts';
import { OBJECTIVES, type ObjectiveId } from '../../../shared/objectives/index.ts';
import { accuracyOf } from '../../../shared/train/evaluate.ts';
import { simulate as federate, type Crowd } from '../../sim/federation.ts';
import { partitionOf } from '../../sim/partition.ts';
import { folderTask, handwritingTask, pick, type Task } from '../../sim/task.ts';
import { startBackend } from '../../tf.ts';
import { percent, table, whole } from '../asking.ts';
import { Misused, type Command } from '../command.ts';

const OPTIONS = {
  data: { type: 'string' },
  labels: { type: 'string', default: '10' },
  volunteers: { type: 'string', default: '100' },
  partition: { type: 'string', default: 'iid' },
  asked: { type: 'string', default: '10' },
  objective: { type: 'string' },
  plan: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  test: { type: 'boolean', default: false },
  log: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** A line of the log: round 0 is the server's first steps alone. Accuracy is a share, on validation images. */
export type SimulatedRound = { round: number; accuracy: number; seconds: number } & Crowd;

/** The learning of a project before there is one: the same code as the edge's and the tabs', in one process. */
export const simulate: Command = {
  usage: [
    'shoal simulate [--volunteers 100] [--partition iid|writers|classes:2|dirichlet:0.3]',
    '      [--asked 10] [--rounds N] [--objective ID] [--plan FILE.json] [--seed 1]',
    '      [--data FOLDER [--labels 10]] [--test] [--log FILE.csv|FILE.json] [--json]',
    '',
    '  --asked      volunteers of a round, drawn anew for each',
    '  --plan       settings as a project has them, over those of the sample project',
    '  --data       IDX files named as MNIST has them, or a folder of pictures a class, of which so many',
    '               labels a class are the server’s; left out: the handwriting that comes with this',
    '  --test       also say, once and at the end, how the test images are recognised',
  ].join('\n'),
  summary: 'Simulate a crowd on this machine: what would so many volunteers learn?',
  example: 'npx shoal simulate --volunteers 40 --partition writers --rounds 5 --log rounds.csv',
  async run(args) {
    const { values } = parseArgs({ args, options: OPTIONS });
    const seed = whole(values.seed, '--seed');
    const [count, asked] = [values.volunteers, values.asked].map((text) => whole(text, 'a number'));
    const given = settingsOf(values);
    const task = await taskOf(
      values.data,
      { seed, labels: whole(values.labels, '--labels') },
      given,
    );
    const plan = parse(PlanSchema, { ...task.plan, ...given, seed });
    const recipe = recipeOf(plan, task.classes);
    const rounds = values.rounds === undefined ? plan.rounds : whole(values.rounds, '--rounds');
    const volunteers = crowdOf(task, values.partition, count!, seed);
    const { tf } = await startBackend(['wasm']);
    const log: SimulatedRound[] = [];
    const bar = progress(rounds, Math.min(asked!, volunteers.length));
    let since = performance.now();
    const weights = await federate({
      ...{ tf, recipe, seed: task.labelled, volunteers, rounds, asked },
      onVolunteer: (round, done) => bar.volunteer(round, done),
      async onRound(round, now, crowd) {
        const seconds = (performance.now() - since) / 1000;
        const accuracy = await accuracyOf(tf, recipe.model, now, task.validation);
        log.push({ round, accuracy, ...crowd, seconds });
        bar.round(round, accuracy);
        since = performance.now();
      },
    });
    bar.stop();
    const test = values.test ? await accuracyOf(tf, recipe.model, weights, task.test) : null;
    if (values.log) writeFileSync(values.log, logged(values.log, log));
    const about = { seed, partition: values.partition, volunteers: volunteers.length, asked };
    const report = { ...about, plan: recipe.plan, rounds: log, test };
    console.log(values.json ? JSON.stringify(report) : words(log, recipe, test));
  },
};

/** @throws Misused where a file or an id is none */
function settingsOf({ plan: file, objective }: { plan?: string; objective?: string }): PlanInput {
  if (objective !== undefined && !Object.hasOwn(OBJECTIVES, objective))
    throw new Misused(`--objective is one of ${Object.keys(OBJECTIVES).join(', ')}`);
  try {
    const plan = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as PlanInput);
    return objective === undefined
      ? plan
      : { ...plan, objective: { id: objective as ObjectiveId } };
  } catch (error) {
    throw new Misused(`--plan ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function taskOf(
  folder: string | undefined,
  { seed, labels }: { seed: number; labels: number },
  { input = { size: 28, channels: 1 } }: PlanInput,
): Promise<Task> {
  return folder ? folderTask(folder, { input, seed, labels }) : handwritingTask(seed);
}

/** Unlabelled, each with its own; who got nothing does not come. */
function crowdOf({ crowd }: Task, partition: string, count: number, seed: number) {
  const deal = partitionOf(partition);
  const lists = deal(crowd, count, new Random(seed).fork('partition'));
  return lists
    .filter((rows) => rows.length > 0)
    .map((rows) => {
      const { images, count: mine } = pick(crowd, rows);
      return { images, count: mine };
    });
}

function progress(rounds: number, asked: number) {
  const bar = new SingleBar({
    ...{ format: '{bar} {percentage}% | round {round}, validation {accuracy}' },
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
  if (!file.endsWith('.csv')) return `${JSON.stringify(log, null, 2)}\n`;
  const keys = ['round', 'accuracy', 'deltas', 'images', 'bytes', 'seconds'] as const;
  return [keys.join(','), ...log.map((line) => keys.map((key) => line[key]).join(',')), ''].join(
    '\n',
  );
}

function words(log: readonly SimulatedRound[], { model }: Recipe, test: number | null): string {
  const rows = log.map(({ round, accuracy, deltas, images, bytes, seconds }) => [
    ...[round, percent(accuracy), deltas, images, bytes],
    seconds.toFixed(1),
  ]);
  const head = ['round', 'validation', 'deltas', 'images', 'bytes', 'seconds'];
  const last = test === null ? '' : `\n\ntest images: ${percent(test)}`;
  return `${table([head, ...rows], '')}\n\n${model.layout.size} parameters${last}`;
}
