import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { untilStable } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

const FOLDERS = 30;
/** The limit belongs to a user namespace, so that nobody else meets it. */
const LIMIT = '/proc/sys/user/max_inotify_watches';

describe('more folders than the system lets us watch', () => {
  const { laptop, desktop, here, there } = twoDevices();

  test('changes are found by scans, status says so, and a higher limit is taken', async (t) => {
    // In CI it fails without them.
    if (process.env.CI === undefined && !hasNamespaces()) return t.skip('needs user namespaces');
    for (let count = 0; count < FOLDERS; count++) {
      await mkdir(here(`folder ${count}`));
      await writeFile(here(`folder ${count}/file`), `${count}`);
    }
    laptop.start({ by: inNamespace(`echo 10 > ${LIMIT} && exec "$0" "$@"`) });
    desktop.start();
    await untilStable([laptop, desktop]);
    const { problems = [] } = (await laptop.status()) ?? {};
    assert.deepEqual(
      problems.map(({ path, reason }) => [path, /max_user_watches/.test(reason)]),
      [['.', true]],
    );
    const told = await laptop.run('status');
    assert.match(told.stdout, /1 problem\n.*raise fs\.inotify\.max_user_watches/);

    for (let count = 0; count < FOLDERS; count++) await writeFile(here(`folder ${count}/new`), '');
    const all = [...Array(FOLDERS).keys()];
    await until(() => all.every((count) => existsSync(there(`folder ${count}/new`))));

    const enter = ['-t', `${laptop.pid}`, '--user', '--preserve-credentials'];
    execFileSync('nsenter', [...enter, 'sh', '-c', `echo 1000 > ${LIMIT}`]);
    await mkdir(here('one more'));
    await until(async () => (await laptop.status())?.problems.length === 0);
    await writeFile(here(`folder ${FOLDERS - 1}/seen at once`), '');
    await until(() => existsSync(there(`folder ${FOLDERS - 1}/seen at once`)));
  });
});

function inNamespace(script: string): string[] {
  return ['unshare', '--user', '--map-root-user', 'sh', '-c', script];
}

function hasNamespaces(): boolean {
  const [program = '', ...args] = inNamespace(`echo 100 > ${LIMIT}`);
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
