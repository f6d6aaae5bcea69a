import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Project } from '../../../../shared/api/schemas/projects.ts';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { lazy } from './lazy.tsx';
import { hrefOf, place, SECTIONS, type Section } from './place.ts';
import { TrainingSection } from './training/section.tsx';

export type SectionProps = { project: Project };

/** Most come to see how training goes; whoever wants another section has its script fetched then. */
const PARTS: Record<Section, ComponentType<SectionProps>> = {
  training: TrainingSection,
  versions: lazy(async () => (await import('./versions/section.tsx')).VersionsSection),
  classes: lazy(async () => (await import('./classes/section.tsx')).ClassesSection),
  access: lazy(async () => (await import('./access/section.tsx')).AccessSection),
  log: lazy(async () => (await import('./log/section.tsx')).LogSection),
};

/** The sections as links: each has an address, and the browser's Back leads to the one before. */
export function Sections({ project }: SectionProps) {
  const { section } = place.value;
  const shown = section === 'new' ? 'training' : section;
  const body = useRef<HTMLDivElement>(null);
  const last = useRef(shown);
  useEffect(() => {
    // A reader who chose another section goes on reading there, not at the top of the page.
    if (last.current !== shown) body.current?.focus({ preventScroll: true });
    last.current = shown;
  }, [shown]);
  const Part = PARTS[shown];
  return (
    <>
      <nav class="tabs" aria-label={say(words.sections)}>
        {SECTIONS.map((one) => (
          <a key={one} href={hrefOf(one)} aria-current={one === shown ? 'page' : undefined}>
            {say(words[`section-${one}`])}
          </a>
        ))}
      </nav>
      <div
        ref={body}
        class="section"
        tabIndex={-1}
        role="group"
        aria-label={say(words[`section-${shown}`])}
      >
        <Part key={shown} project={project} />
      </div>
    </>
  );
}
