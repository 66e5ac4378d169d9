#!/usr/bin/env node
import { runUnderCurrentNode } from '../scripts/node-version.mjs';

await runUnderCurrentNode(new URL('../emulator/main.ts', import.meta.url));
