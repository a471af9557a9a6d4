import {
  type Device,
  DeviceCode,
  DevicePage,
  type LoginRequest,
  type RegisterRequest,
  Session as SessionAnswer,
  TokenPair,
  User,
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
  approveDeviceLogin(userCode: string, options?: CallOptions): Promise<void>;
  /** Ends this login at the server and forgets its tokens. */
  logout(options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<User>;
  devices(options?: CallOptions): Promise<Device[]>;
  revokeDevice(id: string, options?: CallOptions): Promise<void>;
  /** The login as the token store has it, unasked; null for none at this server. */
  current(): Promise<Tokens | null>;
}

export function createAccountsApi(http: ApiHttp, session: Session): AccountsApi {
  const begin = async (path: string, body: unknown, options?: CallOptions) => {
    const request = { method: 'POST', path, body, access: 'public', repeatable: false } as const;
    const answer = await http.json(request, SessionAnswer, options);
    await session.begin(answer.body);
    return answer.body.user;
  };
  return {
    register: (request, options) => begin('/auth/register', request, options),
    login: (request, options) => begin('/auth/login', request, options),
    async beginDeviceLogin(body, options) {
      const request = { method: 'POST', path: '/auth/device', body, access: 'public' } as const;
      return (await http.json(request, DeviceCode, options)).body;
    },
    pollDeviceLogin: (deviceCode, options) => begin('/auth/device/token', { deviceCode }, options),
    approveDeviceLogin: (userCode, options) =>
      http.none({ method: 'POST', path: '/auth/device/approve', body: { userCode } }, options),
    async logout(options) {
      await http.none({ method: 'POST', path: '/auth/logout' }, options);
      await session.end();
    },
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

/** The refresh call, for the session alone: it needs no access token. */
export async function refreshTokens(http: ApiHttp, refreshToken: string): Promise<TokenPair> {
  const request = {
    method: 'POST',
    path: '/auth/refresh',
    body: { refreshToken },
    access: 'public',
  } as const;
  return (await http.json(request, TokenPair)).body;
}
