import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFunctionPage } from '../src/rules/expression/functions/function-page.ts';
import { attributesPage } from './pages/attributes-page.ts';
import { findingsPage } from './pages/findings-page.ts';

// What `npm run docs` does: writes the pages that are made from tables of the product. A test says when one is stale.
writePage('functions.md', writeFunctionPage());
writePage('attributes.md', attributesPage());
writePage('findings.md', findingsPage());

function writePage(name: string, text: string): void {
  writeFileSync(join(import.meta.dirname, 'reference', name), text);
}
