import { writeFileSync } from 'node:fs';
import { CATALOGUE, catalogueNow } from './files.ts';

writeFileSync(CATALOGUE, catalogueNow());
