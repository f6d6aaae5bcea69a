import { createApp } from './app.ts';

export { Meter } from './access/meter.ts';
export { Finetuner } from './finetune/finetuner.ts';
export { Counters } from './observe/counters.ts';
export { Coordinator } from './rounds/coordinator.ts';
export { Shard } from './rounds/shard.ts';

export default createApp();
