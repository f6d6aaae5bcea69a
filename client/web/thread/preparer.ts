/// <reference lib="webworker" />
import { decodeAll } from '../../data/decode.ts';
import { imagesAmong } from '../../data/files.ts';
import { troubleOf, type FromPreparer, type ToPreparer } from './messages.ts';

/** Unpacks and decodes what was chosen: thousands of photos, without the page noticing. */
const thread = self as unknown as DedicatedWorkerGlobalScope;
/** Progress is posted at most this often, in milliseconds: small images decode faster than a page draws. */
const TELL_EVERY = 60;

thread.onmessage = async ({ data: { chosen, input } }: MessageEvent<ToPreparer>) => {
  try {
    const { files, skipped } = await imagesAmong(chosen);
    let told = 0;
    const decoded = await decodeAll(files, input, (done, total) => {
      if (performance.now() - told < TELL_EVERY) return;
      told = performance.now();
      post({ kind: 'progress', done, total });
    });
    const used = decoded.used.map(({ path }) => path);
    const all = [...skipped, ...decoded.skipped];
    post({ kind: 'prepared', data: decoded.data, used, skipped: all }, [
      decoded.data.images.buffer,
    ]);
  } catch (error) {
    post({ kind: 'broken', trouble: troubleOf(error) });
  }
};

function post(message: FromPreparer, transfer: Transferable[] = []): void {
  thread.postMessage(message, transfer);
}
