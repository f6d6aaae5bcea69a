/** What an edge must be told before it answers anybody. */
import { expect, test } from 'vitest';
import { checkEnv, type Env } from '../../worker/env.ts';

const secret = 'long enough to be a secret';
const env = (change: Partial<Record<keyof Env, string | undefined>>) =>
  ({ ADMIN_TOKEN: secret, TICKET_SECRET: secret, ...change }) as unknown as Env;
const widget = { TURNSTILE_SITE_KEY: 'site', TURNSTILE_SECRET: 'secret' };

test.each([
  ['its two secrets', {}],
  ['a setup token', { SETUP_TOKEN: secret }],
  ['work for a challenge', { CHALLENGE: 'work' }],
  ['Turnstile, with its key and secret', { CHALLENGE: 'turnstile', ...widget }],
  ['limits', { ADDRESS_PER_MINUTE: '0', KEY_PER_MINUTE: '6000', JOINS_PER_MINUTE: '1' }],
])('with %s an edge starts', (_, change) => {
  expect(() => checkEnv(env(change))).not.toThrow();
});

test.each([
  ['no admin token', { ADMIN_TOKEN: undefined }, /ADMIN_TOKEN is missing/],
  ['a short one', { ADMIN_TOKEN: 'short' }, /ADMIN_TOKEN .* 16 characters/],
  ['no secret for tickets', { TICKET_SECRET: undefined }, /TICKET_SECRET is missing/],
  ['a short setup token', { SETUP_TOKEN: 'short' }, /SETUP_TOKEN/],
  ['a challenge that there is not', { CHALLENGE: 'captcha' }, /CHALLENGE is "captcha"/],
  ['Turnstile without its secret', { CHALLENGE: 'turnstile', TURNSTILE_SITE_KEY: 'x' }, /SECRET/],
  ['Turnstile without a key', { CHALLENGE: 'turnstile', TURNSTILE_SECRET: 'x' }, /SITE_KEY/],
  ['a limit that is no number', { KEY_PER_MINUTE: 'many' }, /KEY_PER_MINUTE is "many"/],
])('with %s it answers nobody', (_, change, why) => {
  expect(() => checkEnv(env(change))).toThrow(why);
});
