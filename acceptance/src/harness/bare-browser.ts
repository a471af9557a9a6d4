import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Json } from './api.ts';
import { BROWSER_OPTIONS, CHROMIUM } from './browser.ts';
import { until } from './until.ts';

/**
 * A browser as people have it, for what is measured by the clock. Playwright listens to every
 * request and looks at the page at every frame, which halves the speed of thousands of uploads;
 * here a few commands go to the one page, and nothing is listened to.
 */
export class BareBrowser {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #open = new Map<number, (result: Json) => void>();
  #serial = 0;

  private constructor(process: ChildProcess, socket: WebSocket) {
    this.#process = process;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      this.#open.get(id)?.(error ?? result);
      this.#open.delete(id);
    });
  }

  /** With a profile of its own in the new folder `profile`. */
  static async start(profile: string): Promise<BareBrowser> {
    const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
    const process = spawn(CHROMIUM, [...BROWSER_OPTIONS, ...own, 'about:blank'], {
      stdio: 'ignore',
    });
    let port = '';
    await until(async () => {
      const told = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
      port = told.split('\n')[0] ?? '';
      return port !== '';
    });
    const pages = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as Json[];
    const page = pages.find(({ type }) => type === 'page');
    const socket = new WebSocket(page.webSocketDebuggerUrl);
    await new Promise((done) => socket.addEventListener('open', done));
    return new BareBrowser(process, socket);
  }

  async signIn(url: string, { email, password }: Account): Promise<void> {
    await this.#send('Page.navigate', { url });
    await this.untilThere('input[type=password]');
    for (const [type, text] of Object.entries({ email, password })) {
      await this.evaluate(`document.querySelector('input[type=${type}]').focus()`);
      await this.#send('Input.insertText', { text });
    }
    await this.evaluate(`document.querySelector('form button[type=submit]').click()`);
    await this.untilThere('nav[aria-label=Breadcrumb]');
  }

  async choose(path: string): Promise<void> {
    const { root } = await this.#send('DOM.getDocument');
    const selector = 'input[aria-label="Files to upload"]';
    const { nodeId } = await this.#send('DOM.querySelector', { nodeId: root.nodeId, selector });
    await this.#send('DOM.setFileInputFiles', { files: [path], nodeId });
  }

  /** Drops a file or folder from the desktop onto the view. */
  async drop(path: string): Promise<void> {
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await this.#send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
    }
  }

  async evaluate(expression: string): Promise<Json> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result } = await this.#send('Runtime.evaluate', options);
    return result?.value;
  }

  untilThere(selector: string): Promise<void> {
    return until(() => this.evaluate(`document.querySelector('${selector}') !== null`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((done) => this.#process.on('exit', done));
    this.#socket.close();
    this.#process.kill();
    await ended;
  }

  #send(method: string, params: object = {}): Promise<Json> {
    const id = ++this.#serial;
    const { promise, resolve } = Promise.withResolvers<Json>();
    this.#open.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }
}
