import { type Browser, chromium } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Debian's Chromium, kept from talking to anything but the page. */
export const BROWSER_OPTIONS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(...more: readonly string[]): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [...BROWSER_OPTIONS, ...more],
  });
}
