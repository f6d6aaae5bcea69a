import { enableCompileCache } from 'node:module';
import { Problem } from '../../shared/api/problem.ts';
import { Misused, type Command } from './command.ts';

// Taking the types out of all that a verb needs is three quarters of its start: 0.56 s, and 0.15 s when kept.
enableCompileCache();

/** Loaded when it is called: a question to the edge has no use for a training library. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  start: async () => (await import('./commands/start.ts')).start,
  classify: async () => (await import('./commands/classify.ts')).classify,
  classes: async () => (await import('./commands/classes.ts')).classes,
  models: async () => (await import('./commands/models.ts')).models,
  keys: async () => (await import('./commands/keys.ts')).keys,
  projects: async () => (await import('./commands/projects.ts')).projects,
  volunteer: async () => (await import('./commands/volunteer.ts')).volunteer,
  simulate: async () => (await import('./commands/simulate.ts')).simulate,
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluate,
  bench: async () => (await import('./commands/bench.ts')).bench,
};

/**
 * The command line: one verb, its options, and one line instead of a stack trace when it fails. Exit code
 * 0: done; 1: refused, or nobody there; 2: not called as the usage says.
 */
async function main([verb, ...args]: string[]): Promise<void> {
  const isVerb = verb !== undefined && Object.hasOwn(COMMANDS, verb);
  const command = isVerb ? await COMMANDS[verb]!() : undefined;
  if (!command || args.includes('--help')) {
    const asked = command !== undefined || verb === undefined || verb === '--help';
    (asked ? console.log : console.error)(command ? help(command) : await overview());
    process.exitCode = asked ? 0 : 2;
    return;
  }
  try {
    await command.run(args);
  } catch (error) {
    const misused = isMisuse(error);
    const hint = misused ? ` (npx shoal ${verb} --help)` : '';
    console.error(`shoal ${verb}: ${lineOf(error as Error)}${hint}`);
    if (process.env['DEBUG']) console.error(error);
    process.exitCode = misused ? 2 : 1;
  }
}

function lineOf(error: Error): string {
  const words =
    error instanceof Problem
      ? `${error.code} ${error.title}: ${error.message}. ${error.remedy}`
      : error.message;
  return words.replace(/\s+/g, ' ');
}

/** parseArgs has errors of its own for options that it does not know. */
function isMisuse(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return error instanceof Misused || String(code).startsWith('ERR_PARSE_ARGS_');
}

function help({ summary, usage, example }: Command): string {
  return `${summary}\n\n  ${usage}\n\nFor example\n\n  ${example}`;
}

async function overview(): Promise<string> {
  const lines = Object.entries(COMMANDS).map(
    async ([name, load]) => `  ${name.padEnd(10)} ${(await load()).summary}`,
  );
  return [
    ...['Usage: npx shoal VERB [options]', '', ...(await Promise.all(lines)), ''],
    '  VERB --help   its options, and an example',
    '',
    'SHOAL_ORIGIN, SHOAL_KEY and SHOAL_PROJECT say where, by which key, and of which project, unless',
    '--origin, --key and --project do.',
  ].join('\n');
}

await main(process.argv.slice(2));
