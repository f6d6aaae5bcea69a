#!/usr/bin/env node
// What `npx shoal` starts: set-up first, then the real command line in the project's Node.
import { setUpAndRun } from './setup.mjs';

await setUpAndRun('client/cli/shoal.ts', process.argv.slice(2));
