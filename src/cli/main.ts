import process from 'node:process';
import { keepHeapSmall } from './heap.ts';
import { runCommandLine } from './program.ts';

keepHeapSmall();

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  environment: process.env,
});
