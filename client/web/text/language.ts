import { signal } from '@preact/signals';

export type Language = 'en' | 'ko';

/**
 * One text in every language. `{n}` is filled in; `{n|image|images}` chooses by whether n is one.
 * A dictionary is `satisfies Dictionary`, so a missing translation does not compile.
 */
export type Entry = Readonly<Record<Language, string>>;
export type Dictionary = Readonly<Record<string, Entry>>;
export type Values = Readonly<Record<string, string | number>>;

const KEY = 'shoal-language';

/** The language chosen before, or the first of the browser's that we speak. */
export function preferredLanguage(chosen: string | null, offered: readonly string[]): Language {
  if (chosen === 'en' || chosen === 'ko') return chosen;
  const known = offered.map((tag) => tag.slice(0, 2).toLowerCase());
  return (known.find((tag) => tag === 'en' || tag === 'ko') as Language | undefined) ?? 'en';
}

export const language = signal<Language>('en');

/** Once a page: settles the language and tells the document, for screen readers and line breaking. */
export function startLanguage(): void {
  setLanguage(preferredLanguage(remembered(), navigator.languages), false);
}

export function setLanguage(chosen: Language, remember = true): void {
  language.value = chosen;
  document.documentElement.lang = chosen;
  if (!remember) return;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage may be switched off; then the choice lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The text in the page's language. Read inside a component, it follows the switch. */
export function say(entry: Entry, values: Values = {}): string {
  return fill(entry[language.value], values, language.value);
}

/** Puts values into a text; numbers are written as the language writes them. */
export function fill(text: string, values: Values, lang: Language): string {
  return text.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (whole, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      if (one !== undefined && many !== undefined) return value === 1 ? one : many;
      return typeof value === 'number' ? value.toLocaleString(lang) : value;
    },
  );
}

/** 1234567 -> "1.2 MB". */
export function bytes(count: number): string {
  const unit = (name: string, divisor: number) =>
    new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(count / divisor) +
    ' ' +
    name;
  if (count >= 1_000_000) return unit('MB', 1_000_000);
  return count >= 1000 ? unit('KB', 1000) : unit('B', 1);
}

export function percent(share: number, digits = 1): string {
  const style = { style: 'percent', maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language.value, style).format(share);
}

export function moment(milliseconds: number): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(language.value, style).format(milliseconds);
}
