import type { ProblemCode } from '../../shared/api/problem.ts';
import type { ReplyOf } from '../../shared/api/routes.ts';
import { pause } from '../net/persist.ts';
import { problemOf } from '../net/problems.ts';
import type { OnProgress } from '../net/receive.ts';
import { Client, type Ways } from './client.ts';
import type { Contribution } from './contribute.ts';
import { pack, packAll, packAsJson, type ImageSource } from './images.ts';
import type { LendOptions } from './lend.ts';

export type Asking = Ways & {
  /** Classes to name, 5 unless told otherwise. */
  top?: number | undefined;
  /** The most similar examples to name, none unless told otherwise. */
  explain?: number | undefined;
};

/** Between two looks at work that goes on. */
const LOOK_MS = 500;

/**
 * A client of an edge, in a browser and in Node, by what people do with one. What has no word of its
 * own here is called by the name of its route; refusals are the classes of `index.ts`.
 */
export class Shoal extends Client {
  /** What is in this image, the likeliest classes first. */
  async classify(
    image: ImageSource,
    { top, explain, ...ways }: Asking = {},
  ): Promise<ReplyOf<'classify'>> {
    return this.call('classify', { ...(await pack(image)), ...asked({ top, explain }), ...ways });
  }

  /** The same of up to 64 images in one request, for half the time an image. One bad image, and none is answered. */
  async classifyBatch(
    images: readonly ImageSource[],
    { top, explain, ...ways }: Asking = {},
  ): Promise<ReplyOf<'classifyBatch'>> {
    return this.call('classifyBatch', {
      ...(await packAll(images)),
      ...asked({ top, explain }),
      ...ways,
    });
  }

  /** What the network makes of an image: for a program's own comparisons. */
  async embed(image: ImageSource, ways: Ways = {}): Promise<ReplyOf<'embed'>> {
    return this.call('embed', { ...(await pack(image)), ...ways });
  }

  async embedBatch(
    images: readonly ImageSource[],
    ways: Ways = {},
  ): Promise<ReplyOf<'embedBatch'>> {
    return this.call('embedBatch', { ...(await packAll(images)), ...ways });
  }

  classes(ways: Ways = {}): Promise<ReplyOf<'listClasses'>> {
    return this.call('listClasses', ways);
  }

  /**
   * Adds a class from a few examples; this client's next question knows it. The reply says which
   * examples look bad. Not tried again after silence: `classes` says whether it took effect.
   */
  async addClass(
    name: string,
    examples: readonly ImageSource[],
    ways: Ways = {},
  ): Promise<ReplyOf<'addClass'>> {
    const json = { name, examples: await Promise.all(examples.map(packAsJson)) };
    return this.call('addClass', { json, ...ways });
  }

  /** More examples of a class that was added. */
  async addExamples(
    name: string,
    examples: readonly ImageSource[],
    ways: Ways = {},
  ): Promise<ReplyOf<'addExamples'>> {
    const json = { examples: await Promise.all(examples.map(packAsJson)) };
    return this.call('addExamples', { params: { class: name }, json, ...ways });
  }

  renameClass(name: string, to: string, ways: Ways = {}): Promise<ReplyOf<'renameClass'>> {
    return this.call('renameClass', { params: { class: name }, json: { name: to }, ...ways });
  }

  removeClass(name: string, ways: Ways = {}): Promise<ReplyOf<'removeClass'>> {
    return this.call('removeClass', { params: { class: name }, ...ways });
  }

  /** Gives a class all examples of another, which goes. */
  mergeClasses(into: string, from: string, ways: Ways = {}): Promise<ReplyOf<'mergeClasses'>> {
    return this.call('mergeClasses', { params: { class: into }, json: { from }, ...ways });
  }

  /** Takes the last change of classes back; with a revision, only if that is the one. */
  undo({ revision, ...ways }: Ways & { revision?: number } = {}): Promise<ReplyOf<'undo'>> {
    return this.call('undo', { json: revision === undefined ? {} : { revision }, ...ways });
  }

  /** Versions of the student, newest first. */
  versions(ways: Ways = {}): Promise<ReplyOf<'listVersions'>> {
    return this.call('listVersions', ways);
  }

  /**
   * Makes a version live, a newer or an earlier one; `force`, though it recognises fewer validation
   * images. Where `task` is not null, classes are embedded first: `finish` waits for it.
   */
  makeLive(
    version: number,
    { force = false, ...ways }: Ways & { force?: boolean } = {},
  ): Promise<ReplyOf<'makeLive'>> {
    const query = { force: String(force) };
    return this.call('makeLive', { params: { version: String(version) }, query, ...ways });
  }

  /**
   * Waits for work that a reply has announced, for as long as it takes; the timeout is of each look.
   * @throws the problem that the work failed with
   */
  async finish(
    task: string,
    { onProgress, ...ways }: Ways & { onProgress?: (share: number) => void } = {},
  ): Promise<ReplyOf<'getTask'>> {
    for (;;) {
      const now = await this.call('getTask', { params: { task }, ...ways });
      onProgress?.(now.progress);
      if (now.problem) throw problemOf(now.problem.code as ProblemCode, now.problem.detail);
      if (now.state !== 'working') return now;
      await pause(LOOK_MS, { signal: ways.signal });
    }
  }

  /** Weights by their hash, as a version names it. */
  async weights(
    hash: string,
    { onProgress, ...ways }: Ways & { onProgress?: OnProgress } = {},
  ): Promise<Float32Array> {
    const bytes = await this.download('getWeights', { params: { hash }, ...ways }, onProgress);
    return new Float32Array(bytes.buffer);
  }

  /**
   * Lends this machine to the project until the signal is aborted: it learns from images that never
   * leave it, and sends weight deltas. Only this loads the network's library, half a megabyte.
   */
  async contribute({
    project,
    ...options
  }: Omit<LendOptions, 'origin' | 'project'> & { project?: string }): Promise<Contribution> {
    const { lend } = await import('./lend.ts');
    const named = this.projectOf({ project });
    if (named === undefined) throw new Error('contribute: name a project');
    return lend({ ...options, origin: this.origin, project: named });
  }
}

/** What was left out is left to the edge. */
function asked(wanted: { top: number | undefined; explain: number | undefined }) {
  const named = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return named.length === 0 ? {} : { query: Object.fromEntries(named) as { top?: number } };
}
