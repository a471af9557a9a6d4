import type { CookieSerializeOptions } from '@fastify/cookie';
import { AppError } from '@valise/core/errors';
import type { CookieSession, CookieTokenPair, Session, TokenPair } from '@valise/core/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';

const COOKIE = 'valise_refresh';
const HALF_YEAR_SECONDS = 180 * 24 * 3600;

/**
 * How tokens travel. Programs get both in the body. A browser, which says so by `x-valise-client:
 * browser`, gets the refresh token as an HttpOnly cookie that only `/auth/…` of this very site
 * receives, so that no script can read it; a foreign site can send neither that header nor cookie.
 */
export interface SessionReplies {
  session(request: FastifyRequest, reply: FastifyReply, session: Session): Session | CookieSession;
  pair(request: FastifyRequest, reply: FastifyReply, pair: TokenPair): TokenPair | CookieTokenPair;
  /** The refresh token that came, from the body or, of a browser, the cookie. */
  refreshTokenOf(request: FastifyRequest, inBody: string | undefined): string;
  /** Takes the cookie away. */
  forget(reply: FastifyReply): void;
}

export function createSessionReplies(publicUrl: string): SessionReplies {
  const cookie: CookieSerializeOptions = {
    path: '/auth',
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl.startsWith('https:'),
  };

  function hide<T extends { refreshToken: string }>(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: T,
  ): T | Omit<T, 'refreshToken'> {
    if (!isBrowser(request)) return answer;
    const { refreshToken, ...rest } = answer;
    reply.setCookie(COOKIE, refreshToken, { ...cookie, maxAge: HALF_YEAR_SECONDS });
    return rest;
  }

  return {
    session: hide,
    pair: hide,
    refreshTokenOf(request, inBody) {
      const token = inBody ?? (isBrowser(request) ? request.cookies[COOKIE] : undefined);
      if (token === undefined || token === '') {
        throw new AppError('unauthenticated', 'There is no refresh token. Sign in.');
      }
      return token;
    },
    forget(reply) {
      reply.clearCookie(COOKIE, cookie);
    },
  };
}

function isBrowser(request: FastifyRequest): boolean {
  return request.headers['x-valise-client'] === 'browser';
}
