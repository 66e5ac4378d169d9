import { readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * The most memory that this process ever held, in bytes. From VmHWM where there is one (proc(5)): on Linux, maxRSS begins with what the
 * parent held when it started us.
 */
export function readPeakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error('/proc/self/status tells no VmHWM');
  return Number(kilobytes) * 1024;
}
