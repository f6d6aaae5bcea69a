import { test } from 'vitest';
import * as v from 'valibot';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { smallModel, startSession, run, stripes, unlabelled } from '../train/stripes.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
test('probe', async () => {
  const model = smallModel('cls', 'proj');
  const fresh = initialise(model.layout, new Random(1));
  for (const [warm, n] of [[15,30],[25, 30], [25, 12], [25, 6], [40, 6]] as const) for (const wd of [1,2]) {
    const s = await startSession({ model, objective: supervised, config: v.parse(supervised.config, {smoothing: 0}), weights: fresh, data: stripes(n, wd), averageDecay: 0.9 });
    await run(s, warm, 0.05);
    const weights = await s.weights();
    s.dispose();
    const data = stripes(60, 20+wd);
    for (const settings of [{}, {target:'soft'}, {labels:'step'}, {alignment:false}]) {
      const objective = OBJECTIVES.fixmatch;
      const s2 = await startSession({ model, objective, config: v.parse(objective.config, settings), weights, data: objective.uses.labels ? data : unlabelled(data) });
      const ls = await run(s2, 40, 0.05).catch((e) => [e.message]);
      const m = (a: number[]) => a.reduce((x, y) => x + y) / a.length;
      console.log(warm, n, wd, JSON.stringify(settings), s2.usable, 'first5', m(ls.slice(0,5)), 'last5', m(ls.slice(-5)));
      s2.dispose();
    }
  }
});
