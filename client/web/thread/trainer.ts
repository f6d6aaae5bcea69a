/// <reference lib="webworker" />
import { contribute, type Contribution, type ContributionEvent } from '../../sdk/contribute.ts';
import type { Widget } from '../../net/challenge.ts';
import { holdMemory } from '../../sdk/browser-memory.ts';
import { startBackend } from '../../tf.ts';
import { ViewThread } from '../../train/view-thread.ts';
import {
  troubleOf,
  type FromTrainer,
  type PostedEvent,
  type ToTrainer,
  type Trouble,
} from './messages.ts';
import { openViews } from './open-views.ts';

/**
 * The training thread: tfjs and the socket live here, so the page stays smooth while a step runs,
 * and a hidden tab, whose timers are slowed, keeps learning.
 */
const thread = self as unknown as DedicatedWorkerGlobalScope;
const stop = new AbortController();
const views = new ViewThread(openViews);
let contribution: Contribution | undefined;
let paused = false;
/** Takes the widget's answer to whoever waits for it. */
let answer: (token: string | null) => void = () => undefined;

thread.onmessage = ({ data: message }: MessageEvent<ToTrainer>) => {
  if (message.kind === 'start') void run(message);
  else if (message.kind === 'stop') stop.abort(new Error('stopped'));
  else if (message.kind === 'answered') answer(message.token);
  else {
    // Kept for the case that the button is pressed before the backend is up.
    paused = message.kind === 'pause';
    applyPace();
  }
};

post({ kind: 'ready' });

async function run({
  origin,
  project,
  data,
  backend: wanted,
}: Extract<ToTrainer, { kind: 'start' }>): Promise<void> {
  let trouble: Trouble | null = null;
  // Meanwhile the thread of the page before a reload comes to its end.
  const holding = holdMemory(origin, project);
  try {
    const { tf, backend, tried } = await startBackend(wanted && [wanted]);
    post({ kind: 'backend', backend, tried });
    stop.signal.throwIfAborted();
    const { memory } = await holding;
    contribution = contribute({
      ...{ origin, project, tf, backend, data, memory, viewMaker: views.make },
      ...{ signal: stop.signal, widget, onEvent: pass },
    });
    applyPace();
    await contribution.done;
  } catch (error) {
    if (!stop.signal.aborted) trouble = troubleOf(error);
  }
  (await holding).release();
  post({ kind: 'ended', data, trouble }, [data.images.buffer]);
}

/** A thread has no page: its own shows the widget. */
const widget: Widget = async (challenge, signal) => {
  post({ kind: 'challenged', challenge });
  const token = await new Promise<string | null>((resolve, reject) => {
    answer = resolve;
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  if (token === null) throw new Error('the check that the edge asks for could not be shown');
  return token;
};

function applyPace(): void {
  if (paused) contribution?.pace.pause();
  else contribution?.pace.resume();
}

function pass(event: ContributionEvent): void {
  post({ kind: 'event', event: postable(event) });
}

function postable(event: ContributionEvent): PostedEvent {
  if (event.kind !== 'failed') return event;
  return { kind: 'failed', round: event.round, trouble: troubleOf(event.error) };
}

function post(message: FromTrainer, transfer: Transferable[] = []): void {
  thread.postMessage(message, transfer);
}
