import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'valibot';
import { PlanSchema, type PlanInput } from '../../../shared/api/plan.ts';
import { recipeOf } from '../../../shared/api/recipe.ts';
import { unpackSafetensors } from '../../../shared/weights/safetensors.ts';
import { evaluate as judge, type Evaluation } from '../../sim/evaluation.ts';
import { evaluationPage } from '../../sim/evaluation-page.ts';
import { folderTask, handwritingTask } from '../../sim/task.ts';
import { startBackend } from '../../tf.ts';
import { buildKernels } from '../edge/build.ts';
import { percent, table, whole } from '../asking.ts';
import { Misused, type Command } from '../command.ts';

const OPTIONS = {
  model: { type: 'string' },
  plan: { type: 'string' },
  data: { type: 'string' },
  labels: { type: 'string', default: '10' },
  seed: { type: 'string', default: '1' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** How good a model's embedding is, on images with known classes; the network is left as it is. */
export const evaluate: Command = {
  usage: [
    'shoal evaluate --model FILE.safetensors [--plan FILE.json] [--data FOLDER [--labels 10]]',
    '      [--seed 1] [--report FILE.html] [--json]',
    '',
    '  --model      as “shoal models export” and “shoal simulate --save” write it',
    '  --plan       the project’s, where it is not the sample project’s: it names the net',
    '  --data       as for “shoal simulate”, and with the same seed the same test images',
    '  --report     one page with the confusion matrix and a t-SNE picture',
  ].join('\n'),
  summary: 'Judge a model: probes, clusters, calibration, confusion, and a picture.',
  example: 'npx shoal evaluate --model student.safetensors --report student.html',
  async run(args) {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (!values.model) throw new Misused('--model FILE.safetensors is needed');
    const seed = whole(values.seed, '--seed');
    const given = values.plan
      ? (JSON.parse(readFileSync(values.plan, 'utf8')) as PlanInput)
      : ({} as PlanInput);
    const { input = { size: 28, channels: 1 } } = given;
    const labels = whole(values.labels, '--labels');
    const task = values.data
      ? await folderTask(values.data, { input, seed, labels })
      : handwritingTask(seed);
    const { model } = recipeOf(parse(PlanSchema, { ...task.plan, ...given }), task.classes);
    const { weights } = unpackSafetensors(readFileSync(values.model), model.layout);
    await buildKernels((line) => console.error(line));
    const { tf } = await startBackend(['wasm']);
    const found = await judge({ tf, model, weights, known: task.crowd, test: task.test });
    if (values.report) writeFileSync(values.report, page(values.model, found));
    console.log(values.json ? JSON.stringify(figuresOf(found)) : table(lines(found), ''));
  },
};

/** All but the picture and the matrix. */
function figuresOf(found: Evaluation) {
  const { picture: _, confusion: __, ...figures } = found;
  return figures;
}

function lines(found: Evaluation): [string, string][] {
  return [
    ['classifier', percent(found.accuracy)],
    ['calibration error', percent(found.calibrationError)],
    ['linear probe', percent(found.linearProbe)],
    ['nearest neighbours', percent(found.nearestNeighbours)],
    ['clustering accuracy', percent(found.clusteringAccuracy)],
    ['mutual information', found.mutualInformation.toFixed(3)],
    ['trustworthiness of t-SNE', found.trustworthiness.toFixed(3)],
  ];
}

function page(file: string, found: Evaluation): string {
  return evaluationPage(
    'A model, judged',
    { model: file, ...Object.fromEntries(lines(found)) },
    found,
  );
}
