import { existsSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Account } from './api.ts';
import { CHROMIUM } from './browser.ts';

/** In CI a missing browser is a fault; on somebody's laptop it isn't. */
export const skipWithoutBrowser =
  existsSync(CHROMIUM) || process.env.CI !== undefined ? false : `no browser at ${CHROMIUM}`;

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Script errors, refused resources and violations of the page's policy. */
  readonly faults: string[];
}

export interface VisitOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly touch?: boolean;
}

/** A fresh browser profile on this server. */
export async function visit(
  browser: Browser,
  url: string,
  {
    viewport = { width: 1280, height: 800 },
    colorScheme = 'light',
    touch = false,
  }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    colorScheme,
    hasTouch: touch,
    acceptDownloads: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, context, faults };
}

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, account: Account): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Breadcrumb' }).waitFor();
}

/** A row of the list by the name in it. */
export function row(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
}

/** Opens the menu of a row and chooses from it. */
export async function choose(page: Page, name: string, item: string): Promise<void> {
  await row(page, name).click({ button: 'right' });
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}
