import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountsApi, isTransient } from '@valise/client';
import { isAppError } from '@valise/core/errors';
import type { DeviceCode, User } from '@valise/core/wire';

/** RFC 8628, 3.5: what `slow_down` adds to the interval, in seconds. */
const SLOW_DOWN = 5;

export interface DeviceLoginOptions {
  readonly device: string;
  readonly signal: AbortSignal;
  /** Shows the code to whoever shall confirm it in a browser. */
  readonly show: (code: DeviceCode) => void;
}

/** Logs in without a password on this device. Throws `expired-token` or `access-denied`. */
export async function deviceLogin(
  accounts: Pick<AccountsApi, 'beginDeviceLogin' | 'pollDeviceLogin'>,
  { device, signal, show }: DeviceLoginOptions,
): Promise<User> {
  const code = await accounts.beginDeviceLogin({ device }, { signal });
  show(code);
  for (let interval = code.interval; ; ) {
    await sleep(interval * 1000, undefined, { signal });
    try {
      return await accounts.pollDeviceLogin(code.deviceCode, { signal });
    } catch (error) {
      if (isAppError(error, 'slow-down')) interval += SLOW_DOWN;
      // `authorization-pending`, and a server that is away for a moment.
      else if (!isTransient(error)) throw error;
    }
  }
}
