import { readFile } from 'node:fs/promises';
import { MOST_ASKED, type Verdict } from '../../../shared/api/schemas/answers.ts';
import { asking, percent, PLACE_USAGE, table, whole } from '../asking.ts';
import { Misused } from '../command.ts';

/** What is in some files, each answered with its likeliest classes. */
export const classify = asking({
  usage: `shoal classify FILE... [--top 5] ${PLACE_USAGE}`,
  summary: 'Ask what is in one image or in many.',
  example: 'npx shoal classify --project handwriting letter.png',
  options: { top: { type: 'string', default: '5' } },
  async run({ shoal, words: files, values }) {
    if (files.length === 0) throw new Misused('name an image file');
    const top = whole(values.top, '--top');
    const value: Answered[] = [];
    for await (const images of batches(files)) {
      const { answers, ...stamp } = await shoal.classifyBatch(images, { top });
      for (const answer of answers)
        value.push({ file: files[value.length] as string, ...answer, ...stamp });
    }
    return { value, text: table(value.map(rowOf), 'no image') };
  },
});

type Answered = Verdict & { file: string; version: number; revision: number };

/** Below what one request may hold, with room for the form's own lines. */
const BATCH_BYTES = 30_000_000;

/** The files' bytes in their order, as many together as one request takes. */
async function* batches(files: readonly string[]): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let size = 0;
  for (const file of files) {
    const bytes = await readFile(file);
    const isFull = batch.length === MOST_ASKED || size + bytes.length > BATCH_BYTES;
    if (isFull && batch.length > 0) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(bytes);
    size += bytes.length;
  }
  yield batch;
}

function rowOf({ file, label, classes }: Answered): string[] {
  const all = classes.map(({ name, probability }) => `${name} ${percent(probability)}`);
  return [file, label, all.join(', ')];
}
