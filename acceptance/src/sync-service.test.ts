import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { valise } from './harness/cli.ts';
import { readUnit } from './harness/systemd-unit.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

/** Whatever systemd reads in a way of its own. */
const ODD = 'My $HOME 100% "done" \\n';

describe('valise service', () => {
  const { laptop, desktop, there } = twoDevices();

  test('the unit that it writes is in order, and starts the sync', async (t) => {
    const user = join(laptop.home, ODD);
    const folder = join(user, ODD);
    await mkdir(folder, { recursive: true });
    const args = ['service', 'install', folder, '--limit-up', '50M'];
    const installed = await valise(args, { home: laptop.home, env: { HOME: user } });
    assert.equal(installed.code, 0, installed.stderr);
    const path = join(user, '.config/systemd/user/valise.service');

    const variables = { HOME: user, XDG_RUNTIME_DIR: tmpdir(), PATH: process.env.PATH };
    const found = spawnSync('systemd-analyze', ['--user', 'verify', path], { env: variables });
    if (found.error === undefined || process.env.CI !== undefined) {
      const said = `${found.stdout}${found.stderr}`.split('\n');
      // It looks at the units of other programs as well.
      assert.deepEqual([found.status, said.filter((line) => line.includes('valise'))], [0, []]);
    } else t.diagnostic('without systemd the unit is not verified');

    const { command, env } = readUnit(readFileSync(path, 'utf8'));
    const [binary = '', ...rest] = command;
    assert.deepEqual(rest.slice(1), ['sync', folder, '--limit-up', '50000000']);
    await writeFile(join(folder, 'from the service'), '1');
    // As little as systemd gives to a user's service.
    const service = spawn(binary, rest, { env: { HOME: user, PATH: '/usr/bin:/bin', ...env } });
    const exited = new Promise((done) => service.once('exit', done));
    try {
      await until(async () => (await laptop.status())?.files === 1);
      assert.equal((await desktop.once()).code, 0);
      assert.ok(existsSync(there('from the service')));
      service.kill('SIGTERM');
      const code = await exited;
      assert.match(readFileSync(path, 'utf8'), new RegExp(`^SuccessExitStatus=${code}$`, 'm'));
    } finally {
      service.kill('SIGKILL');
      await exited;
    }
  });
});
