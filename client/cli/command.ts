/** A verb of the command line: `npx shoal VERB ...`. */
export type Command = {
  usage: string;
  summary: string;
  /** A whole line that somebody could type. */
  example: string;
  run(args: string[]): Promise<void>;
};

/** The command was not called as its usage says: exit code 2 instead of 1. */
export class Misused extends Error {
  override readonly name = 'Misused';
}
