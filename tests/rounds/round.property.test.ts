import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RoundRules } from '../../shared/rounds/round.ts';
import { Interpreter } from './interpreter.ts';

const VOLUNTEERS = ['a', 'b', 'c', 'd', 'e', 'f'];

const rules: fc.Arbitrary<RoundRules> = fc
  .record({ minimum: fc.integer({ min: 1, max: 4 }), more: fc.integer({ min: 0, max: 2 }) })
  .map(({ minimum, more }) => ({ minimum, goal: minimum + more, deadlineMs: 10_000 }));

const who = fc.constantFrom(...VOLUNTEERS);
const result = fc.constantFrom('promoted', 'kept', 'undone', 'failed');

/** What can happen, the usual more often than the rare. */
const actions = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('all arrive') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('all accept') }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('start'), rounds: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept'),
      who,
      bytes: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decline'), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('tick'), ms: fc.integer({ min: 0, max: 4000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ring') }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('work'), result }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move'), choice: fc.nat(9) }) },
  // An answer that nobody waits for: of work that a crash had made be done twice, or was given up.
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stray'),
      kind: fc.constantFrom('aggregated', 'failed'),
    }),
  },
) as fc.Arbitrary<Action>;

type Action =
  | { do: 'arrive' | 'leave' | 'decline'; who: string }
  | { do: 'accept'; who: string; bytes: number }
  | { do: 'start'; rounds: number }
  | { do: 'tick'; ms: number }
  | { do: 'work'; result: 'promoted' | 'kept' | 'undone' | 'failed' }
  | { do: 'move'; choice: number }
  | { do: 'stray'; kind: 'aggregated' | 'failed' }
  | { do: 'all arrive' | 'all accept' | 'ring' | 'stop' | 'crash' };

function perform(on: Interpreter, action: Action): void {
  const { now } = on;
  switch (action.do) {
    case 'arrive':
      return on.send({ kind: 'arrived', volunteer: action.who, now });
    case 'all arrive':
      return VOLUNTEERS.forEach((id) => perform(on, { do: 'arrive', who: id }));
    case 'all accept':
      return VOLUNTEERS.forEach((id) => perform(on, { do: 'accept', who: id, bytes: 7 }));
    case 'leave':
      return on.send({ kind: 'left', volunteer: action.who, now });
    case 'accept':
      return on.send({ kind: 'accepted', volunteer: action.who, bytes: action.bytes, now });
    case 'decline':
      return on.send({ kind: 'declined', volunteer: action.who, now });
    case 'start':
      return on.send({ kind: 'start', rounds: action.rounds, now });
    case 'stop':
      return on.send({ kind: 'stop' });
    case 'tick':
      return on.tick(now + action.ms);
    case 'ring':
      return on.tick(on.state.deadline ?? now);
    case 'work':
      return on.work(action.result);
    case 'move':
      return on.move(action.choice);
    case 'crash':
      return on.crash();
    case 'stray':
      if (action.kind === 'failed') return on.send({ kind: 'failed', reason: 'lost', now });
      return on.state.phase === 'aggregating'
        ? undefined
        : on.send({ kind: 'aggregated', weights: 'stray', now });
  }
}

test('whatever happens in whatever order, every state is sound and every round comes to an end', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(rules, fc.array(actions, { maxLength: 60, size: 'max' }), (chosen, list) => {
      const project = new Interpreter(chosen);
      project.work('promoted');
      for (const one of list) {
        perform(project, one);
        reached.add(project.state.phase);
      }
      project.comeToRest();
      project.outcomes.forEach(({ outcome }) => reached.add(outcome));
    }),
    { numRuns: 400, seed: 1 },
  );
  // Else the property would hold for want of anything to hold of.
  expect([...reached].sort()).toEqual([
    'abandoned',
    'aggregating',
    'finetuning',
    'gathering',
    'idle',
    'not-promoted',
    'promoted',
    'training',
  ]);
});

test('before there is a first version, too', () => {
  fc.assert(
    fc.property(rules, fc.array(actions, { maxLength: 30 }), (chosen, list) => {
      const project = new Interpreter(chosen);
      list.forEach((one) => perform(project, one));
      project.comeToRest();
    }),
    { numRuns: 150, seed: 2 },
  );
});

test('a crowd that does its work gets every round promoted, through any crash', () => {
  // Before which rounds' ends it comes, and whose delta is the last before it.
  const crash = fc.record({ after: fc.nat(2), who });
  const crowd = fc.record({
    rounds: fc.integer({ min: 1, max: 4 }),
    crashes: fc.array(crash, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(rules, crowd, (chosen, { rounds, crashes }) => {
      const due = [...crashes];
      const project = new Interpreter(chosen);
      project.work('promoted');
      perform(project, { do: 'start', rounds });
      perform(project, { do: 'all arrive' });
      for (let step = 0; project.outcomes.length < rounds && step < 100; step++) {
        const next = due.findIndex(({ after }) => after === project.outcomes.length);
        if (next >= 0) {
          perform(project, { do: 'accept', who: due.splice(next, 1)[0]!.who, bytes: 1 });
          perform(project, { do: 'crash' });
          perform(project, { do: 'all arrive' });
        }
        if (project.working) project.work('promoted');
        else perform(project, { do: 'all accept' });
      }
      expect(project.outcomes.map(({ outcome }) => outcome)).toEqual(
        Array<string>(rounds).fill('promoted'),
      );
      expect(project.state.phase).toBe('idle');
    }),
    { numRuns: 100, seed: 3 },
  );
});
