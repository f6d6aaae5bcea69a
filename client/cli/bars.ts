import { SingleBar } from 'cli-progress';

/** Bars are for somebody who looks on: on stderr, and nowhere where that is no terminal. */
function bar(format: string): SingleBar {
  return new SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr });
}

/** Runs work that tells how many bytes have come. */
export async function watchBytes<T>(
  what: string,
  work: (onProgress: (loaded: number, total: number | null) => void) => Promise<T>,
): Promise<T> {
  const shown = bar(`${what} {bar} {value} of {total} bytes`);
  shown.start(1, 0);
  try {
    return await work((loaded, total) => {
      shown.setTotal(total ?? loaded);
      shown.update(loaded);
    });
  } finally {
    shown.stop();
  }
}

/** Runs work that tells which share of it is done. */
export async function watchShare<T>(
  what: string,
  work: (onProgress: (share: number) => void) => Promise<T>,
): Promise<T> {
  const shown = bar(`${what} {bar} {percentage} %`);
  shown.start(1, 0);
  try {
    return await work((share) => shown.update(share));
  } finally {
    shown.stop();
  }
}
