import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';

/** Everything this program takes from its surroundings besides the command line. */
export interface Environment {
  /** Holds the login. */
  readonly configDir: string;
  /** Holds what may be lost without harm: cached fingerprints, notes on interrupted copies. */
  readonly stateDir: string;
  /** How this machine introduces itself at login. */
  readonly deviceName: string;
}

/**
 * The only reader of `process.env` here. `VALISE_HOME` puts login and state into one folder, so
 * that several of them are several devices on one machine; without it the XDG folders hold them.
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const deviceName = hostname().slice(0, 100) || 'command line';
  if (env.VALISE_HOME) {
    const home = resolve(env.VALISE_HOME);
    return { configDir: home, stateDir: home, deviceName };
  }
  const xdg = (value: string | undefined, fallback: string) =>
    join(value?.startsWith('/') ? value : join(homedir(), fallback), 'valise');
  return {
    configDir: xdg(env.XDG_CONFIG_HOME, '.config'),
    stateDir: xdg(env.XDG_STATE_HOME, '.local/state'),
    deviceName,
  };
}
