import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { Shoal } from '../sdk/index.ts';
import { Misused, type Command } from './command.ts';

/** What every verb that asks an edge takes. */
const PLACE = {
  origin: { type: 'string' },
  key: { type: 'string' },
  project: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export const PLACE_USAGE = '[--origin URL] [--key KEY] [--project ID] [--json]';

type Values<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O & typeof PLACE }>
>['values'];

type Place = { origin?: string; key?: string; project?: string; json?: boolean };

/** What came of it: for a program, and for a person. */
export type Said = { value: unknown; text: string };

/** A client of the edge, the words behind the verb, and the options. */
export type Asked<O extends ParseArgsOptionsConfig> = {
  shoal: Shoal;
  words: string[];
  values: Values<O>;
};

type Asking<O extends ParseArgsOptionsConfig> = Omit<Command, 'run'> & {
  options: O;
  run(asked: Asked<O>): Promise<Said>;
};

/** A verb that asks the edge, and prints the answer: one line of JSON and nothing else with `--json`. */
export function asking<const O extends ParseArgsOptionsConfig>(verb: Asking<O>): Command {
  return {
    ...verb,
    async run(args) {
      const options = { ...PLACE, ...verb.options };
      const parsed = parseArgs({ args, options, allowPositionals: true });
      const [values, place] = [parsed.values as Values<O>, parsed.values as Place];
      const said = await verb.run({ shoal: clientOf(place), words: parsed.positionals, values });
      console.log(place.json ? JSON.stringify(said.value) : said.text);
    },
  };
}

type Act<O extends ParseArgsOptionsConfig> = {
  /** What follows the verb and the act's own name. */
  usage: string;
  run(asked: Asked<O>): Promise<Said>;
};

/** A verb of several acts: the first word says which. */
export function acts<const O extends ParseArgsOptionsConfig>(
  verb: { name: string; summary: string; example: string; options: O },
  all: Record<string, Act<O>>,
): Command {
  const names = Object.keys(all);
  const lines = names.map((name) => `shoal ${verb.name} ${name} ${all[name]!.usage}`.trimEnd());
  return asking({
    ...verb,
    usage: [...lines, `  each with ${PLACE_USAGE}`].join('\n  '),
    async run({ words: [name = '', ...words], ...rest }) {
      const act = Object.hasOwn(all, name) ? all[name] : undefined;
      if (!act) throw new Misused(`what? One of ${names.join(', ')}`);
      return act.run({ ...rest, words });
    },
  });
}

/** Where `npx shoal start` is. */
export const HERE = 'http://127.0.0.1:8787';

/** By options, else by the environment: a key on the command line is seen by everybody on the machine. */
export function clientOf(values: Omit<Place, 'json'>): Shoal {
  const { SHOAL_ORIGIN, SHOAL_KEY, SHOAL_PROJECT } = process.env;
  return new Shoal({
    origin: values.origin ?? SHOAL_ORIGIN ?? HERE,
    key: values.key ?? SHOAL_KEY,
    project: values.project ?? SHOAL_PROJECT,
    // Somebody waits at the terminal: two tries, not minutes of them.
    tries: 2,
  });
}

/** So many words, no more and no fewer. @throws Misused that says what they should be */
export function need(words: readonly string[], ...names: string[]): string[] {
  if (words.length !== names.length || words.includes(''))
    throw new Misused(`wanted: ${names.join(' ') || 'nothing more'}`);
  return [...words];
}

/** A whole number of an option. @throws Misused */
export function whole(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Misused(`${name} is a whole number, not "${text}"`);
  return Number(text);
}

/** Columns, each as wide as its widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[], nothing: string): string {
  if (rows.length === 0) return nothing;
  const width = (column: number) => Math.max(...rows.map((row) => `${row[column]}`.length));
  const widths = rows[0]!.map((_, column) => width(column));
  const cell = (value: string | number, column: number) =>
    typeof value === 'number'
      ? `${value}`.padStart(widths[column]!)
      : value.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A day and a time, as everybody reads them. */
export const day = (at: number | null): string =>
  at === null ? 'never' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
