import { parentPort } from 'node:worker_threads';
import { answer, type ToViews } from '../../train/view-thread.ts';

/** Makes views beside a volunteer without a browser. */
parentPort?.on('message', (order: ToViews) => {
  const { message, transfer } = answer(order);
  parentPort?.postMessage(message, transfer);
});
