#!/usr/bin/env node
import { runUnderCurrentNode } from '../scripts/node-version.mjs';

await runUnderCurrentNode(new URL('../src/cli/main.ts', import.meta.url));
