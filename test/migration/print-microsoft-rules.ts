import process from 'node:process';
import { tableLine } from '../../src/migration/microsoft-rules.ts';
import { readConnectExport } from '../../src/migration/read-export.ts';

/** Prints the table of standard rules for an exported configuration that nobody has changed: `node test/migration/print-microsoft-rules.ts DIR`. */
const { rules } = await readConnectExport(process.argv[2] ?? '.');
const standard = rules.filter((rule) => rule.tag !== '').sort((a, b) => a.precedence - b.precedence);
for (const rule of standard) process.stdout.write(`${tableLine(rule)}\n`);
