import {
  type ChangePasswordRequest,
  CookieSession,
  CookieTokenPair,
  type Device,
  DeviceCode,
  DevicePage,
  type LoginRequest,
  type RegisterRequest,
  Session as SessionAnswer,
  TokenPair,
  User,
  WaitingDevice,
} from '@valise/core/wire';
import type { Tokens } from '../ports.ts';
import type { ApiHttp, CallOptions } from './api-http.ts';
import { everyItem } from './pages.ts';
import type { Session } from './session.ts';

/** Accounts, logins and devices. Whatever logs in keeps the tokens in the token store. */
export interface AccountsApi {
  register(request: RegisterRequest, options?: CallOptions): Promise<User>;
  login(request: LoginRequest, options?: CallOptions): Promise<User>;
  /** Begins a device login (RFC 8628): show the code, then poll. */
  beginDeviceLogin(
    request: { readonly device?: string },
    options?: CallOptions,
  ): Promise<DeviceCode>;
  /**
   * One poll. Throws `authorization-pending`, `slow-down`, `expired-token` or `access-denied`;
   * pausing between two polls is the caller's.
   */
  pollDeviceLogin(deviceCode: string, options?: CallOptions): Promise<User>;
  /** The device that waits for its code to be confirmed. Throws `user-code-not-found`. */
  waitingDevice(userCode: string, options?: CallOptions): Promise<WaitingDevice>;
  approveDeviceLogin(userCode: string, options?: CallOptions): Promise<void>;
  denyDeviceLogin(userCode: string, options?: CallOptions): Promise<void>;
  /** Ends this login at the server and forgets its tokens. */
  logout(options?: CallOptions): Promise<void>;
  /** Ends every other device. Throws `bad-credentials` when the current one is wrong. */
  changePassword(request: ChangePasswordRequest, options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<User>;
  devices(options?: CallOptions): Promise<Device[]>;
  revokeDevice(id: string, options?: CallOptions): Promise<void>;
  /** The login as the token store has it, unasked; null for none at this server. */
  current(): Promise<Tokens | null>;
}

export function createAccountsApi(
  http: ApiHttp,
  session: Session,
  { inCookie }: { readonly inCookie: boolean },
): AccountsApi {
  const decide = (verdict: string, userCode: string, options?: CallOptions) =>
    http.none({ method: 'POST', path: `/auth/device/${verdict}`, body: { userCode } }, options);
  const begin = async (path: string, body: unknown, options?: CallOptions) => {
    const request = { method: 'POST', path, body, access: 'public', repeatable: false } as const;
    const begun = inCookie
      ? { ...(await http.json(request, CookieSession, options)).body, refreshToken: '' }
      : (await http.json(request, SessionAnswer, options)).body;
    await session.begin(begun);
    return begun.user;
  };
  return {
    register: (request, options) => begin('/auth/register', request, options),
    login: (request, options) => begin('/auth/login', request, options),
    async beginDeviceLogin(body, options) {
      const request = { method: 'POST', path: '/auth/device', body, access: 'public' } as const;
      return (await http.json(request, DeviceCode, options)).body;
    },
    pollDeviceLogin: (deviceCode, options) => begin('/auth/device/token', { deviceCode }, options),
    async waitingDevice(userCode, options) {
      const request = { method: 'GET', path: '/auth/device', query: { userCode } } as const;
      return (await http.json(request, WaitingDevice, options)).body;
    },
    approveDeviceLogin: (userCode, options) => decide('approve', userCode, options),
    denyDeviceLogin: (userCode, options) => decide('deny', userCode, options),
    async logout(options) {
      await http.none({ method: 'POST', path: '/auth/logout' }, options);
      await session.end();
    },
    changePassword: (body, options) =>
      http.none({ method: 'POST', path: '/auth/password', body, repeatable: false }, options),
    me: async (options) => (await http.json({ method: 'GET', path: '/me' }, User, options)).body,
    devices: (options) =>
      everyItem(async (cursor) => {
        const request = { method: 'GET', path: '/devices', query: { cursor } } as const;
        return (await http.json(request, DevicePage, options)).body;
      }),
    revokeDevice: (id, options) =>
      http.none({ method: 'DELETE', path: `/devices/${encodeURIComponent(id)}` }, options),
    current: () => session.current(),
  };
}

/**
 * The refresh call, for the session alone: it needs no access token. `null`: the token is in a
 * cookie, and so is its successor.
 */
export async function refreshTokens(
  http: ApiHttp,
  refreshToken: string | null,
): Promise<TokenPair> {
  const body = refreshToken === null ? {} : { refreshToken };
  const request = { method: 'POST', path: '/auth/refresh', body, access: 'public' } as const;
  if (refreshToken !== null) return (await http.json(request, TokenPair)).body;
  return { ...(await http.json(request, CookieTokenPair)).body, refreshToken: '' };
}
