import { createApp } from './app.ts';

export { Finetuner } from './finetune/finetuner.ts';
export { Coordinator } from './rounds/coordinator.ts';
export { Shard } from './rounds/shard.ts';

export default createApp();
