import { describe, expect, test } from 'vitest';
import { words as admin } from '../../client/web/text/admin.ts';
import { verbs, words as access } from '../../client/web/text/access.ts';
import { acts as changes, undoings, words as classes } from '../../client/web/text/classes.ts';
import { words as contribute } from '../../client/web/text/contribute.ts';
import { fill, preferredLanguage, type Entry } from '../../client/web/text/language.ts';
import { acts, words as log } from '../../client/web/text/log.ts';
import { page, phases, skipped } from '../../client/web/text/page.ts';
import { words as playground } from '../../client/web/text/playground.ts';
import { KOREAN } from '../../client/web/text/problems.ts';
import { words as versions } from '../../client/web/text/versions.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { PROBLEMS } from '../../shared/api/problem.ts';

const DICTIONARIES = {
  ...{ access, acts, admin, changes, classes, contribute, log, page, phases, playground },
  ...{ skipped, undoings, verbs, versions },
};
const ENTRIES = Object.entries(DICTIONARIES).flatMap(([name, dictionary]) =>
  Object.entries(dictionary as Record<string, Entry>).map(
    ([key, entry]) => [`${name}.${key}`, entry] as const,
  ),
);
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

describe('the dictionaries', () => {
  test.each(ENTRIES)('%s is there in both languages, with the same values', (_, { en, ko }) => {
    expect(en.trim()).not.toBe('');
    expect(ko.trim()).not.toBe('');
    expect(names(ko)).toEqual(names(en));
  });

  test('have every problem in Korean, and no other', () => {
    expect(Object.keys(KOREAN)).toEqual(Object.keys(PROBLEMS));
    for (const [title, remedy] of Object.values(KOREAN)) expect(title && remedy).toMatch(/[가-힣]/);
  });
});

describe('the log of what admins did', () => {
  test('has words for every route that it lists', () => {
    const listed = Object.entries(ROUTES as Record<string, Route>)
      .filter(([, { access: who, method }]) => who === 'admin' && method !== 'GET')
      .map(([name]) => name);
    // It is public, and an admin is made by it.
    listed.push('createFirstKey');
    expect(Object.keys(acts).toSorted()).toEqual(listed.toSorted());
  });
});

describe('filling in', () => {
  test('writes numbers as the language does', () => {
    expect(fill('{n} images', { n: 12_345 }, 'en')).toBe('12,345 images');
    expect(fill('이미지 {n}장', { n: 12_345 }, 'ko')).toBe('이미지 12,345장');
  });

  test.each([
    [0, '0 images'],
    [1, '1 image'],
    [2, '2 images'],
  ])('chooses the form for %d', (n, text) => {
    expect(fill('{n} {n|image|images}', { n }, 'en')).toBe(text);
  });

  test('puts text in as it is, placeholders within included', () => {
    expect(fill('“{name}”', { name: '{n}' }, 'en')).toBe('“{n}”');
    expect(fill('“{name}”', { name: '$&' }, 'en')).toBe('“$&”');
  });

  test('leaves a placeholder without a value standing, so that it is noticed', () => {
    expect(fill('{n} left', {}, 'en')).toBe('{n} left');
  });
});

describe('the language', () => {
  test.each([
    [null, ['ko-KR', 'en'], 'ko'],
    [null, ['en-GB', 'ko'], 'en'],
    [null, ['fr', 'ko'], 'ko'],
    [null, ['fr'], 'en'],
    ['en', ['ko'], 'en'],
    ['ko', ['en'], 'ko'],
    ['xx', ['ko'], 'ko'],
  ])('remembered %s, offered %s: %s', (remembered, offered, language) => {
    expect(preferredLanguage(remembered, offered)).toBe(language);
  });
});
