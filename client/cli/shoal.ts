import type { Command } from './command.ts';
import { demo } from './commands/demo.ts';
import { start } from './commands/start.ts';
import { volunteer } from './commands/volunteer.ts';

const COMMANDS: Record<string, Command> = { demo, start, volunteer };

/** The command line: one verb, its options, and a message instead of a stack trace when it fails. */
async function main([verb, ...args]: string[]): Promise<void> {
  const command = verb === undefined ? undefined : COMMANDS[verb];
  if (!command || args.includes('--help')) {
    console.log(command ? `${command.summary}\n\n  ${command.usage}` : overview());
    process.exitCode = command || verb === undefined || verb === '--help' ? 0 : 2;
    return;
  }
  try {
    await command.run(args);
  } catch (error) {
    console.error(`shoal ${verb}: ${(error as Error).message}`);
    if (process.env['DEBUG']) console.error(error);
    process.exitCode = 1;
  }
}

function overview(): string {
  const lines = Object.values(COMMANDS).map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return ['Usage: npx shoal VERB [options]', '', ...lines].join('\n');
}

await main(process.argv.slice(2));
