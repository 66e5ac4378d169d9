import type { Command } from 'commander';
import { compareShippedRules, configSchema, readConfig } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { comparisonText } from '../views/shipped-comparison.ts';
import { addConfigDiffCommand } from './config-diff.ts';
import { addConfigExportCommand } from './config-export.ts';
import { addConfigImportCommand } from './config-import.ts';

export function addConfigCommand(program: Command, session: Session): void {
  const config = program
    .command('config')
    .description('The configuration file.')
    .addHelpText(
      'after',
      helpTail(['config validate', 'config export --output ./copy', 'config diff . ./copy'], [0, 1, 2, 70], {
        1: '"config diff --exit-code": the two differ',
      }),
    );
  config
    .command('validate')
    .description('Check the configuration file alone; no directory is asked. Names every mistake by line.')
    .addHelpText('after', helpTail(['config validate', 'config validate --config /etc/dirbridge.yaml'], [0, 2, 70]))
    .action(() => validateConfig(session));
  config
    .command('schema')
    .description('Print the JSON schema of the configuration file, for editors.')
    .addHelpText('after', helpTail(['config schema > dirbridge.schema.json'], [0, 70]))
    .action(() => session.out.line(JSON.stringify(configSchema(), null, 2)));
  addConfigImportCommand(config, session);
  addConfigExportCommand(config, session);
  addConfigDiffCommand(config, session);
}

async function validateConfig(session: Session): Promise<void> {
  const config = readConfig(session.configFile);
  const { file, sources, target, store, rules, staging } = config;
  const exported = compareShippedRules(config);
  const kinds = sources.map(({ name, kind }) => ({ name, kind }));
  if (session.json) {
    const told = {
      file,
      valid: true,
      sources: kinds,
      target: target.kind,
      store: store.path,
      rules,
      staging,
      exported,
    };
    await session.out.line(JSON.stringify(told));
    return;
  }
  await session.out.line(`${session.paint('good', 'Valid')}: ${file}`);
  await session.out.line(`  sources: ${kinds.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`);
  await session.out.line(`  target:  ${target.kind}${staging ? ', staging mode: nothing is written' : ''}`);
  await session.out.line(`  store:   ${store.path}`);
  await session.out.line(`  rules:   ${rules.join(', ')}`);
  if (exported !== null) for (const line of comparisonText(exported)) await session.out.line(`  ${line}`);
}
