import { Problem } from '../../shared/api/problem.ts';
import type { Support } from '../../shared/fewshot/contract.ts';
import { joinSupports, withoutExample } from '../../shared/fewshot/supports.ts';
import type { ClassChanged, Example, Report } from '../../shared/api/schemas/examples.ts';
import { refuseTooMany } from './add-classes.ts';
import { changeLive } from './change.ts';
import {
  endClasses,
  getClass,
  insertClasses,
  namedClasses,
  novelClass,
  refuseUnknown,
  type ClassRow,
  type ClassTable,
  type ClassTools,
} from './classes.ts';
import { embedSupports, getEmbedded, insertEmbeddings } from './embeddings.ts';
import { mustBeLive, selectLive, type Live } from './projects.ts';
import { reportOf } from './report.ts';
import {
  exampleIds,
  getSupport,
  joinImages,
  putSupport,
  withoutImage,
  type Images,
} from './supports.ts';

/** A class's examples, in the order in which they came. @throws Problem 603 */
export async function listExamples(
  { db, bucket, project }: ClassTools,
  name: string,
): Promise<Example[]> {
  const { support } = await getClass(db, project.id, name);
  const ids = await exampleIds(await getSupport(bucket, support));
  return ids.map((id) => ({ id }));
}

/** One example's pixels, as the network reads them. @throws Problem 603, 607 */
export async function getExample(
  { db, bucket, project }: ClassTools,
  name: string,
  id: string,
): Promise<Uint8Array> {
  const { support } = await getClass(db, project.id, name);
  const set = await getSupport(bucket, support);
  const index = await placeOf(set, name, id);
  const each = set.pixels.length / set.count;
  return set.pixels.slice(index * each, (index + 1) * each);
}

/** How a class's examples stand beside all other classes. @throws Problem 603, 702 */
export async function checkClass(tools: ClassTools, name: string): Promise<Report> {
  const { db, bucket, project, tableOf } = tools;
  // In one look: between two, a promotion could leave a class behind that is removed meanwhile.
  const [[found = null], [row]] = await db.batch([
    selectLive(db, project.id),
    namedClasses(db, project.id, [name]),
  ]);
  const live = mustBeLive(project.id, found);
  const { support } = row ?? refuseUnknown(project.id, name);
  const [table, stored, set] = await Promise.all([
    tableOf(live),
    getEmbedded(db, { project: project.id, version: live.version }, [support]),
    getSupport(bucket, support),
  ]);
  return reportOf(table, name, stored.get(support) as Support, await exampleIds(set));
}

/** Only the new images go through the network. @throws Problem 603, 604, 606, 702, 705. */
export function addExamples(tools: ClassTools, name: string, more: Images): Promise<ClassChanged> {
  return changeExamples(tools, 'add-examples', name, async ({ row, live, set, stored }) => {
    const encoder = await tools.encoderOf(live);
    refuseTooMany(name, row.examples + more.count, encoder.features);
    const [added] = await embedSupports(encoder, [more]);
    const embedded = joinSupports(stored, added as Support);
    return { images: joinImages([set, more]), embedded };
  });
}

/** @throws Problem 603, 604, 607, 608 when it is the last one, 702, 705. */
export function removeExample(tools: ClassTools, name: string, id: string): Promise<ClassChanged> {
  return changeExamples(tools, 'remove-example', name, async ({ set, stored }) => {
    const index = await placeOf(set, name, id);
    if (set.count === 1) throw new Problem(608, `"${id}" is the only example of "${name}"`);
    return { images: withoutImage(set, index), embedded: withoutExample(stored, index) };
  });
}

type Before = { row: ClassRow; live: Live; set: Images; stored: Support };
type After = { images: Images; embedded: Support };

async function changeExamples(
  { db, bucket, project, tableOf }: ClassTools,
  act: 'add-examples' | 'remove-example',
  name: string,
  alter: (before: Before) => Promise<After>,
): Promise<ClassChanged> {
  let table: ClassTable | undefined;
  let after: After | undefined;
  const change = await changeLive(db, {
    ...{ project: project.id, act, subject: name, names: [name] },
    async prepare(found, revision, { named }) {
      const live = mustBeLive(project.id, found);
      const row = novelClass(named, project.id, name);
      const place = { project: project.id, version: live.version };
      const [set, stored, others] = await Promise.all([
        getSupport(bucket, row.support),
        getEmbedded(db, place, [row.support]),
        tableOf(live),
      ]);
      table = others;
      after = await alter({ row, live, set, stored: stored.get(row.support) as Support });
      const { embedded } = after;
      const support = await putSupport(bucket, after.images);
      const changed = { name, support, examples: embedded.count };
      return {
        version: live.version,
        statements: [
          endClasses(db, revision, [row]),
          ...insertClasses(db, project.id, revision, [changed]),
          ...insertEmbeddings(db, place, [{ support, embedded }]),
        ],
      };
    },
  });
  const { images, embedded } = after!;
  const report = reportOf(table!, name, embedded, await exampleIds(images));
  return { name, examples: embedded.count, ...change, report };
}

/** @throws Problem 607 */
async function placeOf(set: Images, name: string, id: string): Promise<number> {
  const index = (await exampleIds(set)).indexOf(id);
  if (index < 0) throw new Problem(607, `"${name}" has no example "${id}"`);
  return index;
}
