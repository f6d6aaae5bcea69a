import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import type { Objective } from '../../../shared/objectives/contract.ts';

/** What a system reached, written down from the bench's own output. */
export type Measured = {
  task: string;
  /** As a person reads it: `96.6 %`. */
  ours: string;
  /** The same steps without the method, and with all labels. */
  lower?: string;
  upper?: string;
  seeds: string;
  command: string;
};

export type System = { id: string; family: string; objective: Objective };

export type Figures = Readonly<Record<string, readonly Measured[]>>;

const INTRODUCTION = `# Learning systems

Written by \`npm run catalogue\` from the systems' own files and [figures.json](figures.json); not to be
edited by hand. A plan names one as \`objective\`, for volunteers, or as \`server.objective\`, for the
server's labelled images:

    {"objective": {"id": "fixmatch", "settings": {"threshold": 0.9}}}

\`npx shoal simulate --objective fixmatch --settings '{"threshold": 0.9}'\` tries one on this machine.
[Recipes](recipes.md) are whole plans after papers on federated learning; how to write another system is
told in [add-an-algorithm.md](add-an-algorithm.md).
`;

/** Every system by family, with its settings and what was measured: Markdown. */
export function cataloguePage(systems: readonly System[], figures: Figures): string {
  const families = [...new Set(systems.map(({ family }) => family))].sort();
  const index = systems.map(({ id, family, objective }) =>
    row([`[${id}](#${anchor(objective.title)})`, objective.title, family]),
  );
  const sections = families.map((family) => {
    const members = systems.filter((system) => system.family === family);
    return [`## ${family}\n`, ...members.map((system) => section(system, figures))].join('\n');
  });
  const table = [row(['id', 'system', 'family']), row(['---', '---', '---']), ...index];
  return [INTRODUCTION, `${table.join('\n')}\n`, ...sections].join('\n');
}

function section({ id, family, objective }: System, figures: Figures): string {
  const { title, summary, paper, heads, config } = objective;
  const source = `../../shared/objectives/${family}/${id}.ts`;
  const facts = `[Paper](${paper}) · [source](${source}) · heads: ${heads.join(', ') || 'none'}`;
  const parts = [`### ${title}\n`, `\`${id}\` ${summary}\n`, `${facts}\n`, settings(config)];
  return [...parts, measured(figures[id] ?? [])].filter((part) => part !== '').join('\n');
}

type Property = {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
};

function settings(schema: GenericSchema): string {
  const { properties } = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0]);
  const rows = Object.entries((properties ?? {}) as Record<string, Property>).map(
    ([name, property]) =>
      row([`\`${name}\``, `\`${JSON.stringify(property.default)}\``, range(property)]),
  );
  if (rows.length === 0) return 'No settings.\n';
  return `${[row(['setting', 'default', 'range']), row(['---', '---', '---']), ...rows].join('\n')}\n`;
}

function range({ type, enum: values, minimum, maximum }: Property): string {
  if (values) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (type === 'boolean') return '`true`, `false`';
  const whole = type === 'integer' ? ', whole' : '';
  return `${minimum ?? 'any'} to ${maximum ?? 'any'}${whole}`;
}

function measured(all: readonly Measured[]): string {
  if (all.length === 0) return '';
  const lines = all.map(({ task, ours, lower, upper, seeds, command }) => {
    const around = [lower && `without it ${lower}`, upper && `with all labels ${upper}`];
    const beside = around.filter(Boolean).join(', ');
    const seeded = `(seeds ${seeds}, \`${command}\`)`;
    return `- ${task}: **${ours}**${beside && `; ${beside}`} ${seeded}`;
  });
  return `Measured:\n\n${lines.join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** As GitHub names a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}
