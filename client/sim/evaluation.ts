import {
  clusteringAccuracy,
  normalisedMutualInformation,
} from '../../shared/evaluate/clustering.ts';
import { confusionOf } from '../../shared/evaluate/confusion.ts';
import { knnProbe } from '../../shared/evaluate/knn-probe.ts';
import { fitLinearProbe, namedBy } from '../../shared/evaluate/linear-probe.ts';
import { accuracy, type LabelledPoints } from '../../shared/evaluate/points.ts';
import { tsne } from '../../shared/evaluate/t-sne.ts';
import { trustworthiness } from '../../shared/evaluate/trustworthiness.ts';
import { reliabilityOf } from '../../shared/fewshot/calibration-error.ts';
import { kMeans, type Points } from '../../shared/math/k-means.ts';
import { Random, range } from '../../shared/math/random.ts';
import { unitRows } from '../../shared/math/unit-rows.ts';
import type { Model } from '../../shared/nn/model.ts';
import { dispose, unflatten, type Params, type Tensor2D, type Tf } from '../../shared/nn/params.ts';
import { likeliestOf } from '../../shared/train/label-table.ts';
import { makeView } from '../../shared/train/loader.ts';
import { pick, type Labelled } from './task.ts';

/** Of a model on images that it has not learnt from. Shares are 0 to 1. */
export type Evaluation = {
  /** Of the model's own classifier, and how far its probabilities are from the truth. */
  accuracy: number;
  calibrationError: number;
  /** Of probes on the frozen embeddings, fitted on images whose classes the model was not told. */
  linearProbe: number;
  nearestNeighbours: number;
  /** Of k-means with as many clusters as classes. */
  clusteringAccuracy: number;
  mutualInformation: number;
  /** [classes, classes], rows the true classes. */
  confusion: Uint32Array;
  /** t-SNE of some images, their classes, and how far it can be trusted. */
  picture: LabelledPoints;
  trustworthiness: number;
};

/** Images that probes are fitted on, and that are drawn: the exact methods grow with the square. */
const [KNOWN, DRAWN] = [1000, 800];
const [NEIGHBOURS, PERPLEXITY] = [20, 30];
const CHUNK = 128;

export type Judged = {
  tf: Tf;
  model: Model;
  weights: Float32Array;
  known: Labelled;
  test: Labelled;
};

/** @throws when there are too few test images to draw: 91 at least */
export async function evaluate({ tf, model, weights, known, test }: Judged): Promise<Evaluation> {
  const { classes } = model.spec;
  const params = unflatten(tf, model.layout, weights);
  const few = pick(known, range(Math.min(KNOWN, known.count)));
  const [ours, theirs] = [await seen(tf, model, params, few), await seen(tf, model, params, test)];
  dispose(params);
  const { embeddings } = theirs;
  const own = reliabilityOf(theirs.logits, test.labels, classes, 1);
  const probe = fitLinearProbe(ours.embeddings, { classes });
  const clusters = kMeans(unitRows(embeddings), classes, { rounds: 50, random: new Random(1) }).of;
  return {
    ...own,
    linearProbe: accuracy(namedBy(probe, embeddings), test.labels),
    nearestNeighbours: accuracy(knnProbe(ours.embeddings, embeddings, NEIGHBOURS), test.labels),
    clusteringAccuracy: clusteringAccuracy(test.labels, clusters),
    mutualInformation: normalisedMutualInformation(test.labels, clusters),
    confusion: confusionOf(test.labels, likeliestOf(theirs.logits, classes), classes),
    ...drawn(embeddings),
  };
}

function drawn(all: LabelledPoints): Pick<Evaluation, 'picture' | 'trustworthiness'> {
  const count = Math.min(DRAWN, all.count);
  const data = all.data.subarray(0, count * all.dim);
  const points: Points = unitRows({ data, count, dim: all.dim });
  const picture = tsne(points, { perplexity: PERPLEXITY });
  return {
    picture: { ...picture, labels: all.labels.slice(0, count) },
    trustworthiness: trustworthiness(points, picture, 12),
  };
}

/** What the network makes of images as they are: embeddings, and logits [count, classes]. */
async function seen(
  tf: Tf,
  model: Model,
  params: Params,
  data: Labelled,
): Promise<{ embeddings: LabelledPoints; logits: Float32Array }> {
  const { features: dim, spec } = model;
  const embedded = new Float32Array(data.count * dim);
  const logits = new Float32Array(data.count * spec.classes);
  for (let start = 0; start < data.count; start += CHUNK) {
    const rows = range(Math.min(CHUNK, data.count - start)).map((i) => start + i);
    const [z, scores] = tf.tidy(() => {
      const x = makeView(tf, data, spec.input, 'plain', rows, new Random(1));
      const embedding = model.embed(tf, params, x);
      return [embedding, model.head(tf, 'cls', params, embedding)];
    }) as [Tensor2D, Tensor2D];
    embedded.set(await z.data(), start * dim);
    logits.set(await scores.data(), start * spec.classes);
    z.dispose();
    scores.dispose();
  }
  const { count, labels } = data;
  return { embeddings: { data: embedded, count, dim, labels }, logits };
}
