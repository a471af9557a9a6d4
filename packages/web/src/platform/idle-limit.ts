import { ClientError } from '@valise/client';

/** Ends an exchange in which nothing moves for too long. */
export interface IdleLimit {
  /** Something moved. */
  touch(): void;
  end(): void;
}

export function startIdleLimit(
  milliseconds: number | undefined,
  onStall: (error: ClientError) => void,
): IdleLimit {
  if (milliseconds === undefined) return { touch() {}, end() {} };
  const stall = () => onStall(new ClientError('stalled'));
  let timer = setTimeout(stall, milliseconds);
  return {
    touch() {
      clearTimeout(timer);
      timer = setTimeout(stall, milliseconds);
    },
    end: () => clearTimeout(timer),
  };
}
