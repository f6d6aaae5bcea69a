import { effect, signal } from '@preact/signals';
import { PROBLEMS, type ProblemCode } from '../../../shared/api/problem.ts';
import { language } from './language.ts';
import type { KOREAN } from './problems.ts';

/** The Korean table, once it is there: 4 KB that only who reads Korean fetches, with the page itself. */
const korean = signal<typeof KOREAN | null>(null);

effect(() => {
  if (language.value === 'ko' && !korean.peek()) void fetchKorean();
});

async function fetchKorean(): Promise<void> {
  try {
    korean.value = (await import('./problems.ts')).KOREAN;
  } catch {
    // Without a line there is none to read about either: what the page then says is no problem's text.
  }
}

/** A problem's title and remedy in the page's language; in English until the Korean ones have come. */
export function problemText(code: ProblemCode): { title: string; remedy: string } {
  const [, english, remedyInEnglish] = PROBLEMS[code];
  const translated = language.value === 'ko' ? korean.value?.[code] : undefined;
  const [title, remedy] = translated ?? [english, remedyInEnglish];
  return { title, remedy };
}
