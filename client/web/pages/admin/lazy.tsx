import type { ComponentType } from 'preact';
import { ErrorBox } from '../../parts/trouble.tsx';
import { useLoaded } from '../../parts/work.ts';
import { say } from '../../text/language.ts';
import { page } from '../../text/page.ts';

/**
 * A part of the page that is fetched when somebody first asks for it.
 * @param load imports it; has to be the same function at every rendering
 */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return function Lazy(props: P) {
    // In an object, for a state that is a function would be called.
    const { value, error, reload } = useLoaded(async () => ({ Part: await load() }), []);
    if (error !== null) return <ErrorBox error={error} onRetry={reload} />;
    if (!value) return <p class="quiet waiting">{say(page.loading)}</p>;
    return <value.Part {...props} />;
  };
}
