import { Problem } from '../../shared/api/problem.ts';
import type { Support } from '../../shared/fewshot/contract.ts';
import type { ClassAdded, ClassesAdded } from '../../shared/api/schemas/classes.ts';
import { changeLive } from './change.ts';
import {
  insertClasses,
  MOST_CLASSES,
  refuseTaken,
  type ClassTable,
  type ClassTools,
} from './classes.ts';
import { embedSupports, insertEmbeddings } from './embeddings.ts';
import { mustBeLive, type Live } from './projects.ts';
import { reportOf } from './report.ts';
import { exampleIds, mostExamples, putSupport, type Images } from './supports.ts';

export type NewClass = Images & { name: string };

/**
 * Adds a class that the network has never been trained on, and says how it stands beside the others.
 * @throws Problem 602 when the name is taken, 605 and 606 when there are too many classes or examples,
 *   702 before the first version, 705 under a storm of changes.
 */
export async function addClass(tools: ClassTools, added: NewClass): Promise<ClassAdded> {
  let table: Promise<ClassTable> | undefined;
  const [ids, { change, embedded }] = await Promise.all([
    exampleIds(added),
    // Asked for beside the embedding: an isolate that is new here reads all classes for it.
    add(tools, [added], (live) => (table = tools.tableOf(live))),
  ]);
  const { name, count } = added;
  const report = reportOf(await table!, name, embedded[0] as Support, ids);
  return { name, examples: count, ...change, report };
}

/** Adds several classes in one revision: all of them or, when one is refused, none. */
export async function addClasses(
  tools: ClassTools,
  added: readonly NewClass[],
): Promise<ClassesAdded> {
  const { change } = await add(tools, added, () => undefined);
  return { added: added.length, ...change };
}

async function add(
  { db, bucket, project, encoderOf }: ClassTools,
  added: readonly NewClass[],
  isReady: (live: Live) => unknown,
) {
  const names = added.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Problem(602, `"${twice}" is named twice`);
  // Under way while the rest is read and embedded. What is refused after all leaves images behind that
  // nothing names, and that are there once, however often they come.
  const storing = Promise.all(added.map((one) => putSupport(bucket, one)));
  storing.catch(() => undefined);
  let embedded: Support[] = [];
  const change = await changeLive(db, {
    ...{ project: project.id, act: 'add-class', subject: subjectOf(names), names },
    async prepare(found, revision, { named, alive }) {
      const live = mustBeLive(project.id, found);
      refuseTaken(named, names);
      if (alive + added.length > MOST_CLASSES)
        throw new Problem(605, `"${project.id}" has ${alive} of at most ${MOST_CLASSES} classes`);
      const encoder = await encoderOf(live);
      for (const { name, count } of added) refuseTooMany(name, count, encoder.features);
      const [hashes, made] = await Promise.all([
        storing,
        embedSupports(encoder, added),
        isReady(live),
      ]);
      embedded = made;
      const entries = hashes.map((support, i) => ({ support, embedded: made[i] as Support }));
      const rows = added.map(({ name, count }, i) => ({
        ...{ name, support: hashes[i] as string, examples: count },
      }));
      return {
        version: live.version,
        statements: [
          ...insertClasses(db, project.id, revision, rows),
          ...insertEmbeddings(db, { project: project.id, version: live.version }, entries),
        ],
      };
    },
  });
  return { change, embedded };
}

/** @throws Problem 606 */
export function refuseTooMany(name: string, count: number, features: number): void {
  const most = mostExamples(features);
  if (count > most)
    throw new Problem(606, `"${name}" would have ${count} examples, of at most ${most}`);
}

function subjectOf(names: readonly string[]): string {
  const [first = '', ...more] = names;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
