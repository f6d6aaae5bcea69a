/**
 * What each writer draws: 36 base classes (a letter class holds its capital and
 * its small letter, so 62 drawings) and the novel symbol classes, which the
 * few-shot tasks meet only after pre-training.
 */

export interface GlyphClass {
  /** Shown in tables and in the demo: `7`, `A`, `@`. */
  name: string;
  /** The characters drawn for this class, one image each per writer. */
  glyphs: readonly string[];
}

const digits: GlyphClass[] = [...'0123456789'].map((name) => ({ name, glyphs: [name] }));
const letters: GlyphClass[] = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((name) => ({
  name,
  glyphs: [name, name.toLowerCase()],
}));

/** Classes 0-35: ten digits, then 26 letters. */
export const BASE: readonly GlyphClass[] = [...digits, ...letters];

/**
 * Classes 36 and up. Left out on purpose are symbols that look like a letter or
 * a digit, or like each other, once cropped and centred: `!`, `|`, `/`, `(`,
 * `-`, `_`, quotes, dots.
 */
export const NOVEL: readonly GlyphClass[] = [...'&@#$%?+=*<>{}~£€§^'].map((name) => ({
  name,
  glyphs: [name],
}));

/** Every class; a label in the files is an index into this list. */
export const CLASSES: readonly GlyphClass[] = [...BASE, ...NOVEL];

/** Names of the classes, by label. */
export const classNames: readonly string[] = CLASSES.map((entry) => entry.name);

export interface Drawing {
  /** Label, 0 to CLASSES.length - 1. */
  label: number;
  /** One character. */
  glyph: string;
}

/** Every drawing of one writer, in the order of the files' rows. */
export const DRAWINGS: readonly Drawing[] = CLASSES.flatMap(({ glyphs }, label) =>
  glyphs.map((glyph) => ({ label, glyph })),
);
