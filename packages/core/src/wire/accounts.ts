import Type, { type Static } from 'typebox';
import { page, Timestamp, Uuid } from './scalars.ts';

export const User = Type.Object({
  id: Uuid,
  email: Type.String(),
  name: Type.String(),
});
export type User = Static<typeof User>;

/** A device as the answer of a login names it. */
export const DeviceRef = Type.Object({ id: Uuid, name: Type.String() });

export const Session = Type.Object({
  user: User,
  device: DeviceRef,
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresIn: Type.Integer({ description: 'Seconds the access token lives' }),
});
export type Session = Static<typeof Session>;

/** As `Session`, for a browser: the refresh token travels in an HttpOnly cookie instead. */
export const CookieSession = Type.Omit(Session, ['refreshToken']);
export type CookieSession = Static<typeof CookieSession>;

const DeviceName = Type.String({ minLength: 1, maxLength: 100, description: 'Names this login' });

export const RegisterRequest = Type.Object({
  email: Type.String({ maxLength: 254 }),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  password: Type.String({ maxLength: 1024, description: 'At least 8 characters' }),
  device: Type.Optional(DeviceName),
});
export type RegisterRequest = Static<typeof RegisterRequest>;

export const LoginRequest = Type.Object({
  email: Type.String({ maxLength: 254 }),
  password: Type.String({ maxLength: 1024 }),
  device: Type.Optional(DeviceName),
});
export type LoginRequest = Static<typeof LoginRequest>;

export const ChangePasswordRequest = Type.Object({
  current: Type.String({ maxLength: 1024 }),
  new: Type.String({ maxLength: 1024, description: 'At least 8 characters' }),
});
export type ChangePasswordRequest = Static<typeof ChangePasswordRequest>;

export const RefreshRequest = Type.Object({
  refreshToken: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type RefreshRequest = Static<typeof RefreshRequest>;

export const TokenPair = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresIn: Type.Integer(),
});
export type TokenPair = Static<typeof TokenPair>;

export const CookieTokenPair = Type.Omit(TokenPair, ['refreshToken']);
export type CookieTokenPair = Static<typeof CookieTokenPair>;

export const DeviceCode = Type.Object({
  deviceCode: Type.String(),
  userCode: Type.String(),
  verificationUri: Type.String(),
  verificationUriComplete: Type.String(),
  interval: Type.Integer({ description: 'Seconds between two asks' }),
  expiresIn: Type.Integer({ description: 'Seconds until the code dies' }),
});
export type DeviceCode = Static<typeof DeviceCode>;

export const DeviceCodeRequest = Type.Object({ device: Type.Optional(DeviceName) });
export const DeviceTokenRequest = Type.Object({ deviceCode: Type.String({ maxLength: 256 }) });
export const DeviceApproveRequest = Type.Object({ userCode: Type.String({ maxLength: 32 }) });

export const WaitingDeviceQuery = Type.Object({ userCode: Type.String({ maxLength: 32 }) });

/** The device that waits for a person to confirm its code. */
export const WaitingDevice = Type.Object({
  device: Type.String({ description: 'The name it gave itself' }),
  expiresAt: Timestamp,
});
export type WaitingDevice = Static<typeof WaitingDevice>;

export const Device = Type.Object({
  id: Uuid,
  name: Type.String(),
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  current: Type.Boolean(),
});
export type Device = Static<typeof Device>;

export const DevicePage = page(Device);
export type DevicePage = Static<typeof DevicePage>;
