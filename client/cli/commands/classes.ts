import { readFile } from 'node:fs/promises';
import type { ReplyOf } from '../../../shared/api/routes.ts';
import type { Report } from '../../../shared/api/schemas/examples.ts';
import { acts, need, percent, table, type Said } from '../asking.ts';
import { Misused } from '../command.ts';

/** What requests can be answered with, and how that changes. */
export const classes = acts(
  {
    name: 'classes',
    summary: 'List classes; add, rename, remove and merge those that were added; undo.',
    example: 'npx shoal classes add --project handwriting heart one.png two.png three.png',
    options: {},
  },
  {
    list: {
      usage: '',
      async run({ shoal, words }) {
        need(words);
        const value = await shoal.classes();
        const rows = value.map(({ name, kind, examples }) => [name, kind, examples]);
        return { value, text: table(rows, 'no class') };
      },
    },
    add: {
      usage: 'NAME FILE...',
      async run({ shoal, words: [name, ...files] }) {
        return added(await shoal.addClass(named(name), await read(files)));
      },
    },
    examples: {
      usage: 'NAME [FILE...]   (the ids of its examples; with files, these are added)',
      async run({ shoal, words: [name, ...files] }) {
        const params = { class: named(name) };
        if (files.length > 0)
          return added(await shoal.addExamples(params.class, await read(files)));
        const value = await shoal.call('listExamples', { params });
        return { value, text: value.map(({ id }) => id).join('\n') };
      },
    },
    rename: {
      usage: 'NAME TO',
      async run({ shoal, words }) {
        const [name, to] = need(words, 'NAME', 'TO') as [string, string];
        return changed(await shoal.renameClass(name, to), `"${name}" is "${to}" now`);
      },
    },
    remove: {
      usage: 'NAME [EXAMPLE]   (the class, or one of its examples by id)',
      async run({ shoal, words }) {
        const [name, example] = words.length === 2 ? words : need(words, 'NAME');
        if (example === undefined)
          return changed(await shoal.removeClass(named(name)), `"${name}" is removed`);
        const params = { class: named(name), example };
        return added(await shoal.call('removeExample', { params }));
      },
    },
    merge: {
      usage: 'INTO FROM',
      async run({ shoal, words }) {
        const [into, from] = need(words, 'INTO', 'FROM') as [string, string];
        return changed(await shoal.mergeClasses(into, from), `"${from}" is part of "${into}"`);
      },
    },
    undo: {
      usage: '',
      async run({ shoal, words }) {
        need(words);
        const value = await shoal.undo();
        const { act, subject } = value.undone;
        return changed(value, `taken back: ${act} "${subject}"`);
      },
    },
  },
);

function named(name: string | undefined): string {
  if (!name) throw new Misused('name a class');
  return name;
}

function read(files: readonly string[]): Promise<Uint8Array[]> {
  if (files.length === 0) throw new Misused('name an image file');
  return Promise.all(files.map((file) => readFile(file)));
}

function changed(value: { revision: number }, what: string): Said {
  return { value, text: `${what} (revision ${value.revision})` };
}

function added(value: ReplyOf<'addClass'> | ReplyOf<'addExamples'>): Said {
  const { name, examples, report } = value;
  const { text } = changed(value, `"${name}" has ${examples} examples`);
  return { value, text: [text, ...doubts(report)].join('\n') };
}

/** What an admin should look at. */
function doubts({ accuracy, confusable, doubtful }: Report): string[] {
  if (accuracy === null) return [`most like "${confusable.name}"`];
  return [
    `left out one at a time, ${percent(accuracy)} are known; most like "${confusable.name}"`,
    ...doubtful.map(
      ({ index, example, nearest }) =>
        `example ${index + 1} (${example}) looks more like "${nearest}"`,
    ),
  ];
}
