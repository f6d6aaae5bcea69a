import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ViewThread, type OpenThread } from '../../train/view-thread.ts';

/** Node's worker for views. */
export const openViews: OpenThread = (on) => {
  const worker = new Worker(new URL('./views.ts', import.meta.url));
  worker.on('message', on.message);
  worker.on('error', on.error);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    close: () => void worker.terminate(),
  };
};

/** A thread for views, where there is a core for it: on a single one it would only be in the way. */
export function viewThread(): ViewThread | undefined {
  return availableParallelism() > 1 ? new ViewThread(openViews) : undefined;
}
