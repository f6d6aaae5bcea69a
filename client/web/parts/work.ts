import { useEffect, useRef, useState } from 'preact/hooks';

/** What a call has brought; the last value stays until there is a newer one. */
export type Loaded<T> = { value: T | null; error: unknown; reload: () => void };

/** Calls at once, and again whenever one of `keys` changes. An older call that is still on its way is dropped. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    const work = async () => {
      try {
        const loaded = await load(gone.signal);
        if (gone.signal.aborted) return;
        setValue(loaded);
        setError(null);
      } catch (problem) {
        if (!gone.signal.aborted) setError(problem);
      }
    };
    void work();
    return () => gone.abort();
  }, [...keys, again]);
  return { value, error, reload: () => setAgain((before) => before + 1) };
}

export type Work = {
  busy: boolean;
  error: unknown;
  /** Runs it unless something runs already. @returns whether it was done */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
};

/** One thing at a time that somebody asked for; what went wrong is kept for the page to show. */
export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const running = useRef(false);
  const run = async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, error, run };
}
