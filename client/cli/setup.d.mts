/** Installs the packages unless those in node_modules are the ones that the lock file names. */
export function ensurePackages(): Promise<void>;

/** The Node to run the project's TypeScript with. */
export function findNode(): string;

/** Runs a script of the project in the right Node and exits with its exit code. */
export function runScript(file: string, args: readonly string[]): void;

/** The path of an installed Chromium or Chrome, or undefined; throws at a wrong CHROMIUM_PATH. */
export function findChromium(): Promise<string | undefined>;

/** Finds a Chromium, or installs one; returns its path. */
export function ensureChromium(): Promise<string>;

/** Packages, and then a script of the project: what `npm run demo` and `npx shoal` do. */
export function setUpAndRun(
  file: string | undefined,
  args: readonly string[],
  options?: { chromium?: boolean },
): Promise<void>;
