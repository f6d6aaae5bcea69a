/** A verb of the command line: `npx shoal VERB ...`. */
export type Command = { usage: string; summary: string; run(args: string[]): Promise<void> };
