import { useQueryClient } from '@tanstack/react-query';
import { followChanges } from '@valise/client';
import { useEffect, useState } from 'react';
import { browserAmbient } from '../platform/browser-ambient.ts';
import { api } from '../session/browser-api.ts';
import { endIfSessionOver } from '../session/session-over.ts';
import { applyChanges } from './apply-changes.ts';
import { createListRefresher } from './list-refresher.ts';

/** Clocks differ; what is heard twice does no harm. */
const LOOK_BACK_MS = 10 * 60_000;
/** A connection that comes back within this wasn't worth a word. */
const PATIENCE_MS = 4_000;

export type Connection = 'up' | 'lost' | 'offline';

/** Follows the changes of other devices and people for as long as the view is there. */
export function useLive(): Connection {
  const client = useQueryClient();
  const [isLost, setLost] = useState(false);
  const isOnline = useOnline();
  useEffect(() => {
    const stop = new AbortController();
    const refreshLists = createListRefresher(client, stop.signal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async () => {
      const since = new Date(Date.now() - LOOK_BACK_MS).toISOString();
      const options = { since, signal: stop.signal, ambient: browserAmbient };
      for await (const step of followChanges(api, options)) {
        if (step.kind === 'changes') applyChanges(client, step.changes, refreshLists);
        else if (step.kind === 'reset') await client.invalidateQueries();
        else {
          clearTimeout(timer);
          if (step.state === 'up') setLost(false);
          else timer = setTimeout(setLost, PATIENCE_MS, true);
        }
      }
    };
    follow().catch(endIfSessionOver);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client]);
  if (!isOnline) return 'offline';
  return isLost ? 'lost' : 'up';
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
    };
  }, []);
  return isOnline;
}
