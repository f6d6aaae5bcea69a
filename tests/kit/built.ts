import { buildAll } from '../../client/cli/edge/build.ts';

/** Before any test: the pages and the worker are built once, so that no two test files build at the same time. */
export default function setup(): Promise<void> {
  return buildAll((line) => console.log(line));
}
