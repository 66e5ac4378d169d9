import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFunctionPage } from '../src/rules/expression/functions/function-page.ts';

// What `npm run docs` does: writes the pages that are made from tables of the product. A test says when one is stale.
writeFileSync(join(import.meta.dirname, 'reference', 'functions.md'), writeFunctionPage());
