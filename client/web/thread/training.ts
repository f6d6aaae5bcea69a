import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { FromTrainer, ToTrainer } from './messages.ts';

/** The page's end of the training thread. */
export type Training = { pause(): void; resume(): void; stop(): void };

/** Starts the thread and moves the images into it; they come back with the `ended` message. */
export function startTraining(
  origin: string,
  project: string,
  data: LocalData,
  onMessage: (message: FromTrainer) => void,
): Training {
  const worker = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: message }: MessageEvent<FromTrainer>) => {
    onMessage(message);
    if (message.kind === 'ended') worker.terminate();
  };
  worker.onerror = (event) => {
    const detail = event.message || 'the training thread did not start';
    worker.terminate();
    // The images went down with the thread; the page asks for them again.
    const lost: LocalData = { images: new Float32Array(0), count: 0 };
    onMessage({ kind: 'ended', data: lost, trouble: { code: null, detail } });
  };
  const tell = (message: ToTrainer, transfer: Transferable[] = []) =>
    worker.postMessage(message, transfer);
  tell({ kind: 'start', origin, project, data }, [data.images.buffer]);
  return {
    pause: () => tell({ kind: 'pause' }),
    resume: () => tell({ kind: 'resume' }),
    stop: () => tell({ kind: 'stop' }),
  };
}
