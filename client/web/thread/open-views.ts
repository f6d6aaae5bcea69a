import type { FromViews, OpenThread } from '../../train/view-thread.ts';

/** A browser's worker for views; it ends with the thread that has started it. */
export const openViews: OpenThread = (on) => {
  const worker = new Worker(new URL('./views.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<FromViews>) => on.message(data);
  worker.onerror = ({ message }) =>
    on.error(new Error(message || 'the thread that makes views could not be loaded'));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    close: () => worker.terminate(),
  };
};
