import { linux } from './linux.ts';
import { macos } from './macos.ts';
import type { Platform } from './platform.ts';
import { windows } from './windows.ts';

/** The adapter for this process's system. Others than these three are taken for a kind of Linux. */
export function thisPlatform(system: NodeJS.Platform = process.platform): Platform {
  if (system === 'win32') return windows;
  return system === 'darwin' ? macos : linux;
}
