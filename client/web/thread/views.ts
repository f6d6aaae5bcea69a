/// <reference lib="webworker" />
import { answer, type ToViews } from '../../train/view-thread.ts';

/** Makes views beside the training thread, which so has them when it wants them. */
const thread = self as unknown as DedicatedWorkerGlobalScope;

thread.onmessage = ({ data }: MessageEvent<ToViews>) => {
  const { message, transfer } = answer(data);
  thread.postMessage(message, transfer);
};
