import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@valise/acceptance/harness/server';
import type { FolderPair } from './folder-pair.ts';
import { waitUntil } from './wait-until.ts';

const KEY = 'bench';

interface Peer {
  readonly home: string;
  readonly folder: string;
  readonly id: string;
  readonly port: number;
  readonly gui: number;
}

/**
 * Two Syncthing processes on loopback, neither of which talks to anybody else. The watcher hands
 * over after a second instead of the default ten.
 */
export class SyncthingPair implements FolderPair {
  readonly name = 'Syncthing';
  readonly left: string;
  readonly right: string;
  readonly #root: string;
  readonly #peers: readonly Peer[];
  readonly #processes: ChildProcess[] = [];

  private constructor(root: string, peers: readonly [Peer, Peer]) {
    this.#root = root;
    this.#peers = peers;
    this.left = peers[0].folder;
    this.right = peers[1].folder;
  }

  static async open(): Promise<SyncthingPair> {
    const root = await mkdtemp(join(tmpdir(), 'syncthing-bench-'));
    const ports = await freePorts(4);
    const peer = async (name: string, at: number): Promise<Peer> => {
      const home = join(root, `${name}-home`);
      const folder = join(root, name);
      await mkdir(folder);
      const run = promisify(execFile);
      await run('syncthing', ['generate', `--home=${home}`, '--no-default-folder']);
      const { stdout } = await run('syncthing', [`--home=${home}`, '--device-id']);
      return { home, folder, id: stdout.trim(), port: ports[at] ?? 0, gui: ports[at + 1] ?? 0 };
    };
    const peers = [await peer('left', 0), await peer('right', 2)] as const;
    for (const one of peers) await writeFile(join(one.home, 'config.xml'), configOf(one, peers));
    return new SyncthingPair(root, peers);
  }

  async start(): Promise<void> {
    for (const { home } of this.#peers) {
      const args = [`--home=${home}`, '--no-browser', '--no-upgrade', '--no-restart'];
      this.#processes.push(spawn('syncthing', args, { stdio: 'ignore' }));
    }
    for (const peer of this.#peers) {
      await waitUntil('Syncthing runs', () => answers(peer), 50);
    }
    for (const peer of this.#peers) {
      await waitUntil('Syncthing connects', () => isConnected(peer, this.#peers), 50);
    }
  }

  async carry(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) {
      const exited = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#root, { recursive: true, force: true });
  }
}

async function answers(peer: Peer): Promise<boolean> {
  return ask(peer, 'ping').then(
    ({ ok }) => ok,
    () => false,
  );
}

async function isConnected(peer: Peer, peers: readonly Peer[]): Promise<boolean> {
  const { connections } = (await (await ask(peer, 'connections')).json()) as {
    readonly connections: Readonly<Record<string, { readonly connected: boolean }>>;
  };
  return peers.every((other) => other === peer || connections[other.id]?.connected === true);
}

function ask({ gui }: Peer, what: string): Promise<Response> {
  const url = `http://127.0.0.1:${gui}/rest/system/${what}`;
  return fetch(url, { headers: { 'x-api-key': KEY } });
}

function configOf({ folder, port, gui }: Peer, peers: readonly Peer[]): string {
  const off = ['globalAnnounceEnabled', 'localAnnounceEnabled', 'relaysEnabled', 'natEnabled'];
  return `<configuration version="35">
  <folder id="bench" path="${folder}" type="sendreceive" rescanIntervalS="3600"
      fsWatcherEnabled="true" fsWatcherDelayS="1">
    ${peers.map(({ id }) => `<device id="${id}"></device>`).join('')}
  </folder>
  ${peers.map((peer) => `<device id="${peer.id}"><address>tcp://127.0.0.1:${peer.port}</address></device>`).join('')}
  <gui enabled="true" tls="false"><address>127.0.0.1:${gui}</address><apikey>${KEY}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:${port}</listenAddress>
    ${off.map((name) => `<${name}>false</${name}>`).join('')}
    <crashReportingEnabled>false</crashReportingEnabled>
    <stunKeepaliveStartS>0</stunKeepaliveStartS>
    <reconnectionIntervalS>1</reconnectionIntervalS>
    <urAccepted>-1</urAccepted>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
  </options>
</configuration>`;
}
