import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { recipeOf, type Recipe } from '../../../shared/api/recipe.ts';
import type { Tf } from '../../../shared/nn/params.ts';
import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { TrainingState } from '../../../shared/protocol/messages.ts';
import { accuracyOf } from '../../../shared/train/evaluate.ts';
import { loadHandwriting, rowsOf, type Handwriting } from '../../data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../data/handwriting/plan.ts';
import { imagesOf, newProject, pixelsOf } from '../../data/handwriting/project.ts';
import { splitWriters, type WriterSplit } from '../../data/handwriting/split.ts';
import { encodeIdx } from '../../data/idx.ts';
import { Api } from '../../net/api.ts';
import { startBackend } from '../../tf.ts';
import { startChild, type Child } from '../demo/children.ts';
import { addNovelClasses } from '../demo/novel.ts';
import { printTable, type DemoResult, type RoundLine } from '../demo/table.ts';
import { history, watch } from '../demo/watch.ts';
import { startEdge } from '../edge/edge.ts';
import { reportOf, writeReport } from '../figures.ts';
import type { Command } from '../command.ts';
import type { VolunteerLine } from './volunteer.ts';

const FOLDER = '.shoal/demo';
const VOLUNTEERS = 4;
const ID = 'handwriting';
/** After this long no further round is begun, so that the whole ends within five minutes. */
const TRAINING_SECONDS = 225;

export const demo: Command = {
  usage: 'shoal demo [--seed 1] [--rounds N] [--mode sync|async] [--port 0] [--json FILE]',
  summary:
    'The whole loop on real handwriting: four volunteers, a student that improves, five new classes.',
  example: 'npx shoal demo --rounds 5 --json figures.json',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        seed: { type: 'string', default: '1' },
        rounds: { type: 'string', default: String(HANDWRITING_PLAN.rounds) },
        mode: { type: 'string', default: 'sync' },
        port: { type: 'string', default: '0' },
        json: { type: 'string' },
      },
    });
    const [seed, rounds] = [Number(values.seed), Number(values.rounds)];
    const { mode } = values;
    if (mode !== 'sync' && mode !== 'async')
      throw new Error(`--mode is sync or async, not "${mode}"`);
    const result = await runDemo({ seed, rounds, mode, port: Number(values.port) });
    printTable(result);
    if (values.json) writeReport(values.json, reportOf('demo', [seed], figuresOf(result)));
  },
};

export function figuresOf(result: DemoResult): Record<string, number> {
  const { labelledOnly, student, novel, bytesPerUpload, parameters, seconds } = result;
  return {
    labelledOnly,
    student,
    gain: student - labelledOnly,
    novelAccuracy: novel.right / novel.queries,
    bytesUpPerParameter: bytesPerUpload / parameters,
    seconds,
    ...Object.fromEntries(
      result.lines.flatMap(({ round, accuracy, labelledOnly: alone }) => [
        [`studentRound${round}`, accuracy],
        [`labelledOnlyRound${round}`, alone],
      ]),
    ),
  };
}

export type DemoOptions = { seed: number; rounds: number; mode: 'sync' | 'async' };

/** Runs it all and cleans up behind itself, whatever happens. */
export async function runDemo(options: DemoOptions & { port: number }): Promise<DemoResult> {
  const start = performance.now();
  rmSync(FOLDER, { recursive: true, force: true });
  const data = loadHandwriting();
  const split = splitWriters(options.seed);
  const edge = await startEdge({
    folder: FOLDER,
    port: options.port,
    say: (line) => console.log(line),
  });
  const children: Child<unknown>[] = [];
  try {
    const api = new Api(edge.origin, edge.adminToken);
    const stage = new Stage(options, api, data, split, children);
    return { ...(await stage.play()), seconds: (performance.now() - start) / 1000 };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await edge.stop();
  }
}

type BaselineLine = { round: number; accuracy: number };

class Stage {
  readonly #o: DemoOptions;
  readonly #api: Api;
  readonly #data: Handwriting;
  readonly #split: WriterSplit;
  readonly #children: Child<unknown>[];
  readonly #start = performance.now();

  constructor(
    o: DemoOptions,
    api: Api,
    data: Handwriting,
    split: WriterSplit,
    children: Child<unknown>[],
  ) {
    this.#o = o;
    this.#api = api;
    this.#data = data;
    this.#split = split;
    this.#children = children;
  }

  async play(): Promise<Omit<DemoResult, 'seconds'>> {
    const { seed, rounds, mode } = this.#o;
    const api = this.#api;
    const plan = { ...HANDWRITING_PLAN, seed, round: { ...HANDWRITING_PLAN.round, mode } };
    const project = await api.call('createProject', {
      json: newProject(this.#data, this.#split, plan),
    });
    const recipe = recipeOf(project.plan, project.classes.length);
    const args = [String(seed), String(rounds)];
    const baseline = startChild<BaselineLine>(
      'client/cli/demo/labelled-only.ts',
      args,
      () => undefined,
    );
    this.#children.push(baseline);
    const volunteers = this.#startVolunteers();
    console.log(
      `\nFour volunteers have joined. Join as a fifth in a browser: ${api.origin}/?project=${ID}\n`,
    );
    await this.#train(rounds);
    if ((await baseline.ended) !== 0) throw new Error('the labelled-only baseline failed');
    const { tf } = await startBackend(['wasm']);
    const lines = await this.#evaluate(tf, recipe);
    const novel = await addNovelClasses(api, this.#data, this.#split, seed);
    const sent = volunteers
      .flatMap(({ lines: said }) => said)
      .filter((line) => line.kind === 'sent');
    return {
      // After as many rounds as there were: fewer than asked for where time ran out.
      labelledOnly: baseline.lines[lines.at(-1)!.round]!.accuracy,
      student: lines.findLast(({ live }) => live)!.accuracy,
      lines: lines.map((line) => ({ ...line, labelledOnly: baseline.lines[line.round]!.accuracy })),
      novel,
      parameters: recipe.model.layout.size,
      uploads: sent.length,
      bytesPerUpload:
        sent.reduce((sum, line) => sum + line.receipt.bytes, 0) / Math.max(sent.length, 1),
    };
  }

  /** Each volunteer is a process of its own, with the drawings of writers that nobody else has. */
  #startVolunteers(): Child<VolunteerLine>[] {
    mkdirSync(FOLDER, { recursive: true });
    return Array.from({ length: VOLUNTEERS }, (_, i) => {
      const rows = rowsOf(this.#data, this.#split.shards[i] as number[]);
      const file = join(FOLDER, `volunteer-${i}.idx3-ubyte`);
      writeFileSync(file, encodeIdx([rows.length, 28, 28], pixelsOf(this.#data, rows)));
      const args = [
        'volunteer',
        '--origin',
        this.#api.origin,
        '--project',
        ID,
        '--images',
        file,
        '--json',
      ];
      const child = startChild<VolunteerLine>('client/cli/shoal.ts', args, (line) => {
        if (line.kind === 'failed')
          console.error(`volunteer ${i}, round ${line.round}: ${line.error}`);
      });
      this.#children.push(child);
      return child;
    });
  }

  async #train(rounds: number): Promise<void> {
    const bar = new SingleBar({
      format: '{bar} {percentage}% | {what}',
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: 5000,
    });
    bar.start(100, 0, { what: 'starting' });
    const watcher = watch(this.#api.origin, ID, (state) =>
      bar.update(100 * doneShare(state, rounds), { what: wordsOf(state) }),
    );
    try {
      await watcher.until(
        ({ phase, volunteers }) => phase === 'idle' && volunteers >= VOLUNTEERS,
        120,
      );
      await this.#api.call('startTraining', { params: { project: ID }, json: { rounds } });
      const inTime = this.#start + TRAINING_SECONDS * 1000 - performance.now();
      const timer = setTimeout(() => this.#endEarly(), Math.max(inTime, 0));
      await watcher.until(
        ({ phase, round, until }) => phase === 'idle' && round > 0 && round >= until,
        280,
      );
      clearTimeout(timer);
    } finally {
      watcher.stop();
      bar.stop();
    }
  }

  /** On a slow or busy machine: fewer rounds, rather than no end. */
  #endEarly(): void {
    console.log(`\n${TRAINING_SECONDS} s are over: this is the last round`);
    this.#api
      .call('stopTraining', { params: { project: ID } })
      .catch((error: unknown) => console.error(error));
  }

  /** Every round's candidate on the test writers, whom neither the edge nor a volunteer has seen. */
  async #evaluate(tf: Tf, { model }: Recipe): Promise<Omit<RoundLine, 'labelledOnly'>[]> {
    const test: LocalData = imagesOf(this.#data, rowsOf(this.#data, this.#split.test));
    const { versions, rounds } = await history(this.#api, ID);
    const lines: Omit<RoundLine, 'labelledOnly'>[] = [];
    for (const version of versions.toReversed()) {
      const response = await this.#api.fetch('getWeights', { params: { hash: version.weights } });
      const weights = new Float32Array(await response.arrayBuffer());
      const ended = rounds.find(({ number }) => number === version.round);
      lines.push({
        round: version.round,
        accuracy: await accuracyOf(tf, model, weights, test),
        validation: version.validationAccuracy,
        live: version.state !== 'not-promoted',
        accepted: ended?.accepted ?? 0,
        seconds: ended ? (ended.closedAt - ended.openedAt) / 1000 : 0,
      });
    }
    return lines;
  }
}

function doneShare(
  { phase, round, accepted, goal, serverProgress }: TrainingState,
  rounds: number,
): number {
  if (phase === 'preparing') return (serverProgress ?? 0) * 0.1;
  const within =
    phase === 'training'
      ? (0.7 * accepted) / goal
      : phase === 'finetuning'
        ? 0.7 + 0.3 * (serverProgress ?? 0)
        : 0;
  const open = phase === 'training' || phase === 'aggregating' || phase === 'finetuning';
  return 0.1 + (0.9 * ((open ? round - 1 : round) + within)) / rounds;
}

function wordsOf({ phase, round, until, accepted, goal, version, notice }: TrainingState): string {
  const where = until > 0 ? `round ${round} of ${until}, version ${version}` : 'first version';
  return `${where}: ${phase}${phase === 'training' ? `, ${accepted} of ${goal} deltas` : ''}${notice ? ` (${notice})` : ''}`;
}
