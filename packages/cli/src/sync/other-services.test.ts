import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceWithoutSystemd } from './other-services.ts';

test('where there is no systemd it is said what to use instead', () => {
  assert.match(adviceWithoutSystemd('darwin') ?? '', /LaunchAgents/);
  assert.match(adviceWithoutSystemd('win32') ?? '', /Task Scheduler/);
  assert.equal(adviceWithoutSystemd('linux'), null);
});
