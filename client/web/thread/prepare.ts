import type { InputSpec } from '../../../shared/nn/net.ts';
import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { ChosenFile, Skipped } from '../../data/files.ts';
import type { FromPreparer, ToPreparer } from './messages.ts';

/** Images as the network reads them; `used` has the path of each, in the same order. */
export type Prepared = { data: LocalData; used: string[]; skipped: Skipped[] };

/** Prepares chosen files in a thread of their own. @throws when the browser lacks what it takes */
export function prepare(
  chosen: ChosenFile[],
  input: InputSpec,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Prepared> {
  const worker = new Worker(new URL('./preparer.ts', import.meta.url), { type: 'module' });
  return new Promise<Prepared>((resolve, reject) => {
    worker.onmessage = ({ data: message }: MessageEvent<FromPreparer>) => {
      if (message.kind === 'progress') onProgress(message.done, message.total);
      else if (message.kind === 'prepared') resolve(message);
      else reject(new Error(message.trouble.detail));
    };
    worker.onerror = (event) =>
      reject(new Error(event.message || 'the thread that reads images did not start'));
    worker.postMessage({ chosen, input } satisfies ToPreparer);
  }).finally(() => worker.terminate());
}
