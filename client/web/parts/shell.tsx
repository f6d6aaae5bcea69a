import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { language, say, setLanguage, type Language } from '../text/language.ts';
import { page } from '../text/page.ts';
import { Mark } from './mark.tsx';

const PAGES = [
  { id: 'contribute', href: '/', label: page.contribute },
  { id: 'playground', href: '/playground', label: page.playground },
  { id: 'admin', href: '/admin', label: page.admin },
] as const;

export type PageId = (typeof PAGES)[number]['id'];

const LANGUAGES: readonly [Language, string][] = [
  ['en', 'English'],
  ['ko', '한국어'],
];

/** What stands around every page: the name, the way to the others, the language. */
export function Shell({
  current,
  project,
  children,
}: {
  current: PageId;
  project?: string | undefined;
  children: ComponentChildren;
}) {
  const query = project ? `?project=${encodeURIComponent(project)}` : '';
  const heading = say(page[current]);
  useEffect(() => {
    document.title = current === 'contribute' ? 'Shoal' : `${heading} · Shoal`;
  }, [heading]);
  useEffect(() => {
    // A file dropped beside its place would replace the page, and end a contribution.
    const keep = (event: Event) => event.preventDefault();
    for (const kind of ['dragover', 'drop']) addEventListener(kind, keep);
    return () => {
      for (const kind of ['dragover', 'drop']) removeEventListener(kind, keep);
    };
  }, []);
  return (
    <>
      <a class="skip" href="#content">
        {say(page.skip)}
      </a>
      <header class="top">
        <a class="brand" href={`/${query}`}>
          <Mark />
          Shoal
        </a>
        <nav aria-label={say(page.navigation)}>
          {PAGES.map(({ id, href, label }) => (
            <a key={id} href={href + query} aria-current={id === current ? 'page' : undefined}>
              {say(label)}
            </a>
          ))}
          <a href="/docs">{say(page.docs)}</a>
        </nav>
        <div class="languages" role="group" aria-label={say(page.language)}>
          {LANGUAGES.map(([id, name]) => (
            <button
              key={id}
              type="button"
              lang={id}
              aria-pressed={language.value === id}
              onClick={() => setLanguage(id)}
            >
              {name}
            </button>
          ))}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
