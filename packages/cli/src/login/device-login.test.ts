import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from '@valise/client';
import { AppError } from '@valise/core/errors';
import type { DeviceCode, User } from '@valise/core/wire';
import { deviceLogin } from './device-login.ts';

const USER: User = { id: 'u', email: 'ann@example.org', name: 'Ann' };
const CODE: DeviceCode = {
  deviceCode: 'secret',
  userCode: 'BCDF-GHJK',
  verificationUri: 'http://localhost/device',
  verificationUriComplete: 'http://localhost/device?code=BCDF-GHJK',
  interval: 0.001,
  expiresIn: 600,
};

function accounts(answers: (Error | User)[]) {
  return {
    beginDeviceLogin: async () => CODE,
    async pollDeviceLogin() {
      const answer = answers.shift();
      if (answer instanceof Error || answer === undefined) throw answer;
      return answer;
    },
  };
}

function login(answers: (Error | User)[], signal = AbortSignal.timeout(10_000)) {
  const shown: string[] = [];
  const show = (code: DeviceCode) => void shown.push(code.userCode);
  return { shown, done: deviceLogin(accounts(answers), { device: 'd', signal, show }) };
}

test('shows the code once and polls until it is confirmed, through a short outage', async () => {
  const { shown, done } = login([
    new AppError('authorization-pending'),
    new ClientError('unreachable'),
    USER,
  ]);
  assert.equal(await done, USER);
  assert.deepEqual(shown, ['BCDF-GHJK']);
});

test('a refusal ends it', async () => {
  await assert.rejects(login([new AppError('access-denied')]).done, { code: 'access-denied' });
});

test('Ctrl-C ends the wait', async () => {
  const stop = new AbortController();
  const { done } = login([new AppError('slow-down')], stop.signal);
  setImmediate(() => stop.abort());
  await assert.rejects(done);
});
