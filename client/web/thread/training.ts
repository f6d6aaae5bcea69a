import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { BackendName } from '../../tf.ts';
import type { FromTrainer, ToTrainer } from './messages.ts';

export type TrainingOptions = {
  origin: string;
  project: string;
  data: LocalData;
  /** Undefined: the thread chooses by itself. */
  backend: BackendName | undefined;
};

/** The page's end of the training thread. */
export type Training = {
  pause(): void;
  resume(): void;
  stop(): void;
  /** What the widget said, where the edge asked for one. */
  answer(token: string | null): void;
};

/**
 * Starts the thread and moves the images into it; they come back with the `ended` message. Until
 * the thread has spoken they stay here: a script that cannot be loaded must not lose them.
 */
export function startTraining(
  { data, ...options }: TrainingOptions,
  onMessage: (message: FromTrainer) => void,
): Training {
  const worker = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module' });
  const early: ToTrainer[] = [];
  let ready = false;
  const tell = (message: ToTrainer) => (ready ? worker.postMessage(message) : early.push(message));
  worker.onmessage = ({ data: message }: MessageEvent<FromTrainer>) => {
    if (message.kind === 'ready') {
      ready = true;
      const start: ToTrainer = { kind: 'start', data, ...options };
      worker.postMessage(start, [data.images.buffer]);
      for (const one of early) worker.postMessage(one);
    }
    if (message.kind === 'ended') worker.terminate();
    onMessage(message);
  };
  worker.onerror = (event) => {
    worker.terminate();
    const lost: LocalData = { images: new Float32Array(0), count: 0 };
    const detail = event.message || 'the training thread could not be loaded';
    onMessage({ kind: 'ended', data: ready ? lost : data, trouble: { code: null, detail } });
  };
  return {
    pause: () => tell({ kind: 'pause' }),
    resume: () => tell({ kind: 'resume' }),
    stop: () => tell({ kind: 'stop' }),
    answer: (token) => tell({ kind: 'answered', token }),
  };
}
